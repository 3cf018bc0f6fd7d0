use std::{num::NonZeroU32, time::Duration};

use crate::{budget::Cause, deadline_value::Deadline, event::GaveUp};

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
    /// As long as the backoff says and no less than this, which the service asked for. Above
    /// [`retry_after_at_most`](super::ConfigBuilder::retry_after_at_most) the call is given up.
    AtLeast(Duration),
    /// This long, whatever the backoff says, because the service asked for it. Above
    /// [`retry_after_at_most`](super::ConfigBuilder::retry_after_at_most) the call is given up.
    Asked(Duration),
    /// This long, whatever the backoff says and however long it is: the policy's own choice.
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
    /// It may, if [`Policy::may_resend`] agrees, and this is the copy to send.
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
///
/// # Examples
///
/// A policy for requests that are not `Clone`. What cannot be copied goes out once, and its
/// result is the caller's:
///
/// ```
/// use std::io;
/// use resilience::{
///     BoxError, Carry, Name,
///     retry::{Attempt, Config, Decision, Policy, Replay, RetryLayer, Wait},
/// };
/// use tower::{Layer, ServiceExt, service_fn};
///
/// enum Upload {
///     Text(String),
///     Pipe(io::PipeReader),
/// }
///
/// impl Carry for Upload {}
///
/// #[derive(Clone)]
/// struct TextAgain;
///
/// impl<Response> Policy<Upload, Response, BoxError> for TextAgain {
///     fn replay(&self, request: &Upload) -> Replay<Upload> {
///         match request {
///             Upload::Text(text) => Replay::Copy(Upload::Text(text.clone())),
///             Upload::Pipe(_) => Replay::Never,
///         }
///     }
///
///     fn decide(&self, result: Result<&Response, &BoxError>, _: &Attempt) -> Decision {
///         match result {
///             Ok(_) => Decision::Return,
///             Err(_) => Decision::Retry { wait: Wait::Backoff },
///         }
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), BoxError> {
/// let layer = RetryLayer::with_policy(Name::from_static("uploads"), Config::default(), TextAgain);
/// let service = layer.layer(service_fn(async |_: Upload| Err::<(), BoxError>("full".into())));
/// let error = service.oneshot(Upload::Pipe(io::pipe()?.0)).await.unwrap_err();
/// assert_eq!(error.to_string(), "full", "one attempt, and what it came to");
/// # Ok(())
/// # }
/// ```
pub trait Policy<Request, Response, Error> {
    /// Copies `request`, to send it again later if that is allowed.
    ///
    /// It is asked before each attempt that another may follow, never for the last. An attempt
    /// of which there is no copy is told that it is the last.
    fn replay(&self, request: &Request) -> Replay<Request>;

    /// Whether `request`, a copy made before the attempt, may be sent after it came to `last`.
    ///
    /// It is asked once another attempt is worth making. Here belongs what only the attempt
    /// shows: whether the request surely never left, or whether the copy is still whole.
    ///
    /// Default: yes.
    fn may_resend(&self, request: &Request, last: Result<&Response, &Error>) -> bool {
        let _ = (request, last);
        true
    }

    /// What to do with the result of an attempt.
    fn decide(&self, result: Result<&Response, &Error>, attempt: &Attempt) -> Decision;

    /// Whether a result that is [returned](Decision::Return) brings tokens back, where the budget
    /// charges by cost. A call that is given up brings none.
    ///
    /// Default: any response does, and no error. The policies of this crate ask the classifier
    /// for a [success](crate::Outcome::Success): a refusal by a layer inside is none.
    fn is_success(&self, result: Result<&Response, &Error>) -> bool {
        result.is_ok()
    }

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
