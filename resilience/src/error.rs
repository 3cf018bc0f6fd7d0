//! The one error of this crate's layers, and how it fits into an application's own.
//!
//! A layer leaves the error type of the service it wraps alone. All it asks, by the trait
//! [`Refusal`], is that this type can carry a [`Rejected`]: made from one when a layer
//! refuses, and asked for it when a layer further out wants to know. The second direction
//! is what keeps retry from knocking on an open circuit.
//!
//! [`BoxError`] and [`Error`] implement it; an application's own enum does in four lines.

use std::{any::Any, error, fmt, io, time::Duration};

use tokio::time::Instant;

use crate::{name::Name, time};

/// Any error, boxed.
///
/// A service with this error can be awaited everywhere but, for a limit of rustc, in some
/// `async` blocks that must be `Send`, where it reports that the implementation of
/// [`Refusal`] "is not general enough". Awaiting inside a named `async fn` avoids it, and so
/// does an error with a type of its own, such as [`Error<E>`].
pub type BoxError = Box<dyn error::Error + Send + Sync>;

/// Why a layer refused or ended a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The circuit breaker is open: nothing was sent.
    CircuitOpen,
    /// The circuit breaker is half-open and all its probes are taken: nothing was sent.
    ProbesTaken,
    /// The limit of one attempt passed. What was sent may have had its effect.
    TimedOut,
    /// The deadline of the whole request passed. What was sent may have had its effect.
    DeadlineExceeded,
    /// The deadline had passed before the call began, or what was left was too little to send
    /// it: nothing was sent.
    DeadlineExpired,
    /// Fault injection answered in place of the service.
    InjectedError {
        /// The HTTP status that a server answers with.
        status: u16,
    },
    /// Fault injection answered in place of the service, with a code of gRPC.
    InjectedGrpc {
        /// The number of the code, 1 to 16.
        code: u8,
    },
    /// Fault injection cut the call as a broken connection would.
    InjectedAbort,
    /// The request asks for a fault, and cannot be trusted or understood: nothing was sent.
    FaultHeader {
        /// What is wrong with it.
        mistake: HeaderMistake,
    },
}

/// What is wrong with the header in which a request asks for a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HeaderMistake {
    /// It has more than 2,048 bytes.
    TooLong,
    /// It is not signed under the key of this service.
    Forged,
    /// It was good until some time ago.
    Expired,
    /// It is signed, and says nothing that can be done to one request.
    Invalid,
    /// As many calls as allowed are under such faults.
    Crowded,
}

impl HeaderMistake {
    /// The mistake as a label, such as `fault_header_forged`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooLong => "fault_header_too_long",
            Self::Forged => "fault_header_forged",
            Self::Expired => "fault_header_expired",
            Self::Invalid => "fault_header_invalid",
            Self::Crowded => "fault_header_crowded",
        }
    }
}

impl Reason {
    /// The reason as a label, such as `circuit_open`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CircuitOpen => "circuit_open",
            Self::ProbesTaken => "probes_taken",
            Self::TimedOut => "timed_out",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::DeadlineExpired => "deadline_expired",
            Self::InjectedError { .. } => "injected_error",
            Self::InjectedGrpc { .. } => "injected_grpc",
            Self::InjectedAbort => "injected_abort",
            Self::FaultHeader { mistake } => mistake.as_str(),
        }
    }

    /// Whether fault injection rejected the call.
    pub const fn is_injected(self) -> bool {
        matches!(self, Self::InjectedError { .. } | Self::InjectedGrpc { .. } | Self::InjectedAbort)
    }

    /// Whether the attempt that was refused surely never reached the service. Under a retry,
    /// an attempt before it may have.
    pub const fn is_unsent(self) -> bool {
        matches!(
            self,
            Self::CircuitOpen
                | Self::ProbesTaken
                | Self::DeadlineExpired
                | Self::FaultHeader { .. }
        )
    }
}

/// A call that a layer refused or ended.
///
/// # Examples
///
/// ```
/// use resilience::{Name, Reason, Rejected};
///
/// let rejected = Rejected::new(Name::from_static("users-api"), Reason::CircuitOpen);
/// assert_eq!(rejected.to_string(), "users-api: circuit is open");
/// assert_eq!(rejected.retry_after(), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    name: Name,
    reason: Reason,
    retry_at: Option<Instant>,
    limit: Option<Duration>,
}

impl Rejected {
    /// A rejection by the policy called `name`.
    #[must_use]
    pub const fn new(name: Name, reason: Reason) -> Self {
        Self { name, reason, retry_at: None, limit: None }
    }

    /// Adds the instant from which a retry makes sense.
    #[must_use]
    pub const fn with_retry_at(mut self, at: Instant) -> Self {
        self.retry_at = Some(at);
        self
    }

    /// Adds the limit that passed.
    #[must_use]
    pub const fn with_limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// The policy that refused.
    pub const fn name(&self) -> Name {
        self.name
    }

    /// Why it refused.
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// The instant from which a retry makes sense, when one is known.
    pub const fn retry_at(&self) -> Option<Instant> {
        self.retry_at
    }

    /// The limit that passed, when it was one of time that this policy set.
    pub const fn limit(&self) -> Option<Duration> {
        self.limit
    }

    /// The time left until [`retry_at`](Self::retry_at); zero when it has passed.
    ///
    /// Reads the clock.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_at.map(|at| at.saturating_duration_since(time::read()))
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.name)?;
        match self.reason {
            Reason::CircuitOpen => f.write_str("circuit is open"),
            Reason::ProbesTaken => f.write_str("circuit is half-open and its probes are taken"),
            Reason::TimedOut => f.write_str("attempt timed out"),
            Reason::DeadlineExceeded => f.write_str("deadline exceeded"),
            Reason::DeadlineExpired => f.write_str("deadline had expired before the call"),
            Reason::InjectedError { status } => write!(f, "injected error, status {status}"),
            Reason::InjectedGrpc { code } => write!(f, "injected error, gRPC code {code}"),
            Reason::InjectedAbort => f.write_str("injected abort"),
            Reason::FaultHeader { mistake } => f.write_str(match mistake {
                HeaderMistake::TooLong => "the header that asks for a fault is too long",
                HeaderMistake::Forged => "the header that asks for a fault is not signed by us",
                HeaderMistake::Expired => "the header that asks for a fault has expired",
                HeaderMistake::Invalid => "the header that asks for a fault is wrong",
                HeaderMistake::Crowded => "as many calls as allowed are under such faults",
            }),
        }?;
        self.limit.map_or(Ok(()), |limit| write!(f, " after {limit:?}"))
    }
}

impl error::Error for Rejected {}

/// An error type that can carry a [`Rejected`].
///
/// # Examples
///
/// ```
/// use resilience::{Refusal, Rejected};
///
/// enum AppError {
///     NotFound,
///     Rejected(Rejected),
/// }
///
/// impl Refusal for AppError {
///     fn from_rejected(rejected: Rejected) -> Self {
///         Self::Rejected(rejected)
///     }
///
///     fn as_rejected(&self) -> Option<&Rejected> {
///         if let Self::Rejected(rejected) = self { Some(rejected) } else { None }
///     }
/// }
/// ```
pub trait Refusal: Sized {
    /// Wraps a rejection.
    fn from_rejected(rejected: Rejected) -> Self;

    /// The rejection, when this error is one.
    fn as_rejected(&self) -> Option<&Rejected>;

    /// The error of the service, for who looks along its sources for what broke.
    ///
    /// Retry asks it whether a request surely never left (`http::is_unsent`), so that it
    /// may go again whatever its method. `None` is always safe: nothing is known then.
    ///
    /// Default: `None`.
    fn as_error(&self) -> Option<&(dyn error::Error + 'static)> {
        None
    }
}

impl Refusal for BoxError {
    fn from_rejected(rejected: Rejected) -> Self {
        Box::new(rejected)
    }

    /// Looks at the error and at its sources, because boxed errors are often wrapped.
    fn as_rejected(&self) -> Option<&Rejected> {
        let mut source: Option<&(dyn error::Error + 'static)> = Some(&**self);
        while let Some(error) = source {
            if let Some(rejected) = error.downcast_ref() {
                return Some(rejected);
            }
            source = error.source();
        }
        None
    }

    fn as_error(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&**self)
    }
}

/// The error of a service, or a rejection by one of our layers.
///
/// [`LiftLayer`](crate::lift::LiftLayer) makes it from any error and keeps that error's type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error<E> {
    /// The service itself failed.
    Inner(E),
    /// A layer refused or ended the call.
    Rejected(Rejected),
}

impl<E: 'static> Refusal for Error<E> {
    fn from_rejected(rejected: Rejected) -> Self {
        Self::Rejected(rejected)
    }

    fn as_rejected(&self) -> Option<&Rejected> {
        match self {
            Self::Inner(_) => None,
            Self::Rejected(rejected) => Some(rejected),
        }
    }

    /// Knows the service's error when it is a [`BoxError`], a [`std::io::Error`] or, with the
    /// feature `reqwest`, one of reqwest's. For another, map it to [`BoxError`] below the layers.
    fn as_error(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Inner(error) => known(error),
            Self::Rejected(rejected) => Some(rejected),
        }
    }
}

/// `error` as an error, if it has one of the types that are known to be one.
///
/// A bound would say it better, and take this error from services whose own is no error at all.
fn known(error: &dyn Any) -> Option<&(dyn error::Error + 'static)> {
    if let Some(error) = error.downcast_ref::<BoxError>() {
        return Some(&**error);
    }
    #[cfg(feature = "reqwest")]
    if let Some(error) = error.downcast_ref::<reqwest::Error>() {
        return Some(error);
    }
    error.downcast_ref::<io::Error>().map(|error| error as _)
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inner(_) => f.write_str("the service failed"),
            Self::Rejected(_) => f.write_str("the call was rejected"),
        }
    }
}

impl<E: error::Error + 'static> error::Error for Error<E> {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Inner(error) => Some(error),
            Self::Rejected(rejected) => Some(rejected),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::{BoxError, Error, Name, Reason, Refusal, Rejected};

    const REJECTED: Rejected = Rejected::new(Name::from_static("p"), Reason::TimedOut);

    #[test]
    fn a_rejection_survives_being_boxed_and_wrapped() {
        let plain = BoxError::from_rejected(REJECTED);
        assert_eq!(plain.as_rejected(), Some(&REJECTED));

        let wrapped: BoxError = Box::new(Error::<std::io::Error>::Rejected(REJECTED));
        assert_eq!(wrapped.as_rejected(), Some(&REJECTED), "found through source()");
    }

    #[test]
    fn the_limit_that_passed_is_told() {
        let rejected = REJECTED.with_limit(std::time::Duration::from_millis(250));
        assert_eq!(rejected.to_string(), "p: attempt timed out after 250ms");
    }

    #[test]
    fn an_inner_error_is_no_rejection_and_stays_reachable() {
        let error = Error::Inner(std::io::Error::other("disk"));
        assert_eq!(error.as_rejected(), None);
        let source = error.source().and_then(|s| s.downcast_ref::<std::io::Error>());
        assert_eq!(source.map(ToString::to_string), Some("disk".into()));
    }
}
