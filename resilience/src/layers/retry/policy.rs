use std::{num::NonZeroU32, time::Duration};

use crate::{
    budget::Cause,
    classify::{AnyError, Classify},
    deadline_value::Deadline,
    error::{Reason, Refusal, Rejected},
    event::GaveUp,
    outcome::Outcome,
};

/// What to do with the result of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// The caller gets it.
    Return,
    /// Another attempt is worth making, if limits allow.
    Retry {
        /// How long to wait before it.
        wait: Wait,
    },
}

/// How long to wait before another attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wait {
    /// As long as the backoff says.
    #[default]
    Backoff,
    /// As long as the backoff says and no less than this, which the service asked for.
    AtLeast(Duration),
    /// This long, whatever the backoff says.
    Exactly(Duration),
}

impl From<Option<Duration>> for Wait {
    /// What the service asked for, if it asked.
    fn from(asked: Option<Duration>) -> Self {
        asked.map_or(Self::Backoff, Self::AtLeast)
    }
}

/// Whether a request may be sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Replay<Request> {
    /// It must not be, or cannot be copied.
    Never,
    /// It may, and this is the copy to send.
    Copy(Request),
}

/// What is known of an attempt when its result is decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// The number of the attempt; the first is 1.
    pub number: NonZeroU32,
    /// When the whole request is given up.
    pub deadline: Option<Deadline>,
}

/// Decides what may be sent twice, and what is worth it.
pub trait Policy<Request, Response, Error> {
    /// Copies `request`, to send it again later if that is allowed.
    ///
    /// It is asked before each attempt that another may follow, never for the last.
    fn replay(&self, request: &Request) -> Replay<Request>;

    /// What to do with the result of an attempt.
    fn decide(&self, result: Result<&Response, &Error>, attempt: &Attempt) -> Decision;

    /// Why a call with this result is retried, where the budget charges by the cause.
    fn cause(&self, result: Result<&Response, &Error>) -> Cause {
        let _ = result;
        Cause::Failure
    }

    /// What the caller gets when `last` was worth another attempt and none is made.
    ///
    /// The default is `last` itself: a caller that knows the service knows what to make of it.
    fn give_up(&self, last: Result<Response, Error>, reason: GaveUp) -> Result<Response, Error> {
        let _ = reason;
        last
    }
}

/// Retries failures of requests that can be cloned.
///
/// Every request is taken to be safe to send twice: for HTTP use [`HttpPolicy`].
#[derive(Clone, Copy, Debug, Default)]
pub struct OnFailure<C = AnyError> {
    classifier: C,
}

impl<C> OnFailure<C> {
    /// Retries what `classifier` calls a failure or rate-limited.
    #[must_use]
    pub const fn new(classifier: C) -> Self {
        Self { classifier }
    }
}

impl<C, Request, Response, Error> Policy<Request, Response, Error> for OnFailure<C>
where
    C: Classify<Response, Error>,
    Request: Clone,
    Error: Refusal,
{
    fn replay(&self, request: &Request) -> Replay<Request> {
        Replay::Copy(request.clone())
    }

    fn decide(&self, result: Result<&Response, &Error>, _: &Attempt) -> Decision {
        decide(self.classifier.classify(result))
    }

    fn cause(&self, result: Result<&Response, &Error>) -> Cause {
        cause(result)
    }
}

/// Retries what another policy does, and also what a layer inside refused to send.
///
/// By default a refusal ends the retrying: an open circuit stays open for longer than a retry
/// waits, and a limiter means it. This is for limits that give way within the backoff. A refusal
/// that tells when it ends is waited for.
#[derive(Clone, Copy, Debug, Default)]
pub struct RetryRefusals<P>(P);

impl<P> RetryRefusals<P> {
    /// Adds refusals to what `policy` retries.
    #[must_use]
    pub const fn new(policy: P) -> Self {
        Self(policy)
    }
}

impl<P, Request, Response, Error> Policy<Request, Response, Error> for RetryRefusals<P>
where
    P: Policy<Request, Response, Error>,
    Error: Refusal,
{
    fn replay(&self, request: &Request) -> Replay<Request> {
        self.0.replay(request)
    }

    fn decide(&self, result: Result<&Response, &Error>, attempt: &Attempt) -> Decision {
        match result.err().and_then(Refusal::as_rejected) {
            // A deadline that has passed does not come back.
            Some(refused)
                if refused.reason().is_unsent() && refused.reason() != Reason::DeadlineExpired =>
            {
                Decision::Retry { wait: refused.retry_after().into() }
            }
            _ => self.0.decide(result, attempt),
        }
    }

    fn cause(&self, result: Result<&Response, &Error>) -> Cause {
        self.0.cause(result)
    }

    fn give_up(&self, last: Result<Response, Error>, reason: GaveUp) -> Result<Response, Error> {
        self.0.give_up(last, reason)
    }
}

/// Whether a limit of time ended the attempt.
fn cause<T, E: Refusal>(result: Result<&T, &E>) -> Cause {
    match result.err().and_then(Refusal::as_rejected).map(Rejected::reason) {
        Some(Reason::TimedOut | Reason::DeadlineExceeded) => Cause::Timeout,
        _ => Cause::Failure,
    }
}

fn decide(outcome: Outcome) -> Decision {
    match outcome {
        Outcome::Failure => Decision::Retry { wait: Wait::Backoff },
        Outcome::RateLimited { retry_after } => Decision::Retry { wait: retry_after.into() },
        Outcome::Success | Outcome::Ignored => Decision::Return,
    }
}

#[cfg(feature = "http")]
pub use http_policy::{HttpPolicy, Idempotency};

#[cfg(feature = "http")]
mod http_policy {
    use http::Request;

    use super::{
        Attempt, Cause, Classify, Decision, Outcome, Policy, Refusal, Replay, Wait, cause, decide,
    };
    use crate::http::{HttpClassifier, HttpResponse, Pushback, retry_after};

    /// Which HTTP requests may be sent twice.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    #[non_exhaustive]
    pub enum Idempotency {
        /// The methods that RFC 9110 calls idempotent (GET, HEAD, OPTIONS, TRACE, PUT, DELETE),
        /// and any request with an `Idempotency-Key`.
        #[default]
        MethodOrKey,
        /// The methods that change nothing: GET, HEAD, OPTIONS, TRACE.
        SafeMethods,
        /// Every request. The service must know how to take one twice.
        All,
    }

    impl Idempotency {
        /// Whether a request may be sent twice.
        pub fn allows<B>(self, request: &Request<B>) -> bool {
            match self {
                Self::All => true,
                Self::SafeMethods => request.method().is_safe(),
                Self::MethodOrKey => {
                    request.method().is_idempotent()
                        || request.headers().contains_key("idempotency-key")
                }
            }
        }
    }

    /// Retries HTTP requests that may be sent twice, by status, following `Retry-After` and the
    /// pushback of gRPC.
    ///
    /// The body must be `Clone`, as `Bytes` and `String` are; cloning copies the headers.
    #[derive(Clone, Copy, Debug, Default)]
    pub struct HttpPolicy<C = HttpClassifier> {
        classifier: C,
        idempotency: Idempotency,
    }

    impl<C> HttpPolicy<C> {
        /// Retries what `classifier` calls a failure or rate-limited.
        #[must_use]
        pub const fn new(classifier: C, idempotency: Idempotency) -> Self {
            Self { classifier, idempotency }
        }
    }

    impl<C, B, Response, Error> Policy<Request<B>, Response, Error> for HttpPolicy<C>
    where
        C: Classify<Response, Error>,
        B: Clone,
        Response: HttpResponse,
        Error: Refusal,
    {
        fn replay(&self, request: &Request<B>) -> Replay<Request<B>> {
            if self.idempotency.allows(request) {
                Replay::Copy(request.clone())
            } else {
                Replay::Never
            }
        }

        fn decide(&self, result: Result<&Response, &Error>, _: &Attempt) -> Decision {
            let outcome = self.classifier.classify(result);
            if let Decision::Retry { .. } = decide(outcome)
                && let Some(pushback) =
                    result.ok().and_then(|answer| Pushback::read(answer.headers()))
            {
                return match pushback {
                    Pushback::After(wait) => Decision::Retry { wait: Wait::Exactly(wait) },
                    Pushback::Never => Decision::Return,
                };
            }
            match outcome {
                // A server that is down for a while says so with a 503 and the same header.
                Outcome::Failure => Decision::Retry {
                    wait: result
                        .ok()
                        .and_then(|answer| retry_after(answer.status(), answer.headers()))
                        .into(),
                },
                other => decide(other),
            }
        }

        fn cause(&self, result: Result<&Response, &Error>) -> Cause {
            cause(result)
        }
    }
}
