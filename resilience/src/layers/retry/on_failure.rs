use super::policy::{Attempt, Decision, Policy, Replay, Wait};
use crate::{
    budget::Cause,
    classify::{AnyError, Classify},
    error::{Reason, Refusal, Rejected},
    outcome::Outcome,
};

/// Retries failures of requests that can be cloned.
///
/// Every request is taken to be safe to send twice: for HTTP use [`HttpPolicy`](super::HttpPolicy).
#[derive(Clone, Copy, Debug, Default)]
pub struct OnFailure<C = AnyError> {
    classifier: C,
}

impl<C> OnFailure<C> {
    /// Retries what `classifier` calls a failure, unavailable or rate-limited.
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

    fn is_success(&self, result: Result<&Response, &Error>) -> bool {
        self.classifier.classify(result) == Outcome::Success
    }

    fn cause(&self, result: Result<&Response, &Error>) -> Cause {
        cause(result)
    }
}

/// Whether a limit of time ended the attempt.
pub(super) fn cause<T, E: Refusal>(result: Result<&T, &E>) -> Cause {
    match result.err().and_then(Refusal::as_rejected).map(Rejected::reason) {
        Some(Reason::TimedOut | Reason::DeadlineExceeded) => Cause::Timeout,
        _ => Cause::Failure,
    }
}

pub(super) fn decide(outcome: Outcome) -> Decision {
    match outcome {
        Outcome::Failure => Decision::Retry { wait: Wait::Backoff },
        Outcome::Unavailable { retry_after } => {
            Decision::Retry { wait: Wait::AtLeast(retry_after) }
        }
        Outcome::RateLimited { retry_after } => Decision::Retry { wait: retry_after.into() },
        Outcome::Success | Outcome::Ignored => Decision::Return,
    }
}
