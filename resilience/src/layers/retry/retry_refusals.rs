use super::policy::{Attempt, Decision, Policy, Replay};
use crate::{
    budget::Cause,
    error::{Reason, Refusal},
    event::GaveUp,
};

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

    fn may_resend(&self, request: &Request, last: Result<&Response, &Error>) -> bool {
        self.0.may_resend(request, last)
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

    fn is_success(&self, result: Result<&Response, &Error>) -> bool {
        self.0.is_success(result)
    }

    fn cause(&self, result: Result<&Response, &Error>) -> Cause {
        self.0.cause(result)
    }

    fn give_up(&self, last: Result<Response, Error>, reason: GaveUp) -> Result<Response, Error> {
        self.0.give_up(last, reason)
    }
}
