use http::Request;

use super::{
    on_failure::{cause, decide},
    policy::{Attempt, Decision, Policy, Replay, Wait},
};
use crate::{
    budget::Cause,
    classify::Classify,
    error::{Refusal, Rejected},
    event::GaveUp,
    http::{HttpClassifier, HttpResponse, Pushback, Resend, copy, is_unsent},
    outcome::Outcome,
};

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
/// pushback of gRPC, up to
/// [`retry_after_at_most`](super::ConfigBuilder::retry_after_at_most).
///
/// A request that may not be sent twice, such as a POST without a key, is sent again after an
/// error that means that it surely [never left](is_unsent), such as a refused connection.
///
/// When a response was worth another attempt and none is made, its extensions hold the
/// [`GaveUp`] that says why.
///
/// A copy of each request is kept for that: its headers, and its body as [`Resend`] copies it.
/// A body that is not `Clone` can be wrapped in a `ReplayBody` (feature `http-body`). A body
/// without a copy is sent once.
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpPolicy<C = HttpClassifier> {
    classifier: C,
    idempotency: Idempotency,
    unsent: Unsent,
}

/// What becomes of a request that never left and may not be sent twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Unsent {
    #[default]
    SentAgain,
    GivenUp,
}

impl<C> HttpPolicy<C> {
    /// Retries what `classifier` calls a failure, unavailable or rate-limited.
    #[must_use]
    pub const fn new(classifier: C, idempotency: Idempotency) -> Self {
        Self { classifier, idempotency, unsent: Unsent::SentAgain }
    }

    /// Sends only what may be sent twice, and makes no copy of any other request.
    ///
    /// Choose it where those requests are large, or where the errors of the service do not tell
    /// [what never left](is_unsent): behind a client that follows redirects, or in front of a
    /// service that is no client.
    #[must_use]
    pub const fn without_unsent(mut self) -> Self {
        self.unsent = Unsent::GivenUp;
        self
    }
}

impl<C, B, Response, Error> Policy<Request<B>, Response, Error> for HttpPolicy<C>
where
    C: Classify<Response, Error>,
    B: Resend,
    Response: HttpResponse,
    Error: Refusal,
{
    fn replay(&self, request: &Request<B>) -> Replay<Request<B>> {
        let may_follow = self.unsent == Unsent::SentAgain || self.idempotency.allows(request);
        match may_follow.then(|| copy(request)).flatten() {
            Some(request) => Replay::Copy(request),
            None => Replay::Never,
        }
    }

    fn may_resend(&self, request: &Request<B>, last: Result<&Response, &Error>) -> bool {
        let may_follow = || self.idempotency.allows(request) || last.err().is_some_and(never_left);
        request.body().is_whole() && may_follow()
    }

    fn decide(&self, result: Result<&Response, &Error>, _: &Attempt) -> Decision {
        let decision = decide(self.classifier.classify(result));
        if let Decision::Retry { .. } = decision
            && let Some(pushback) = result.ok().and_then(|answer| Pushback::read(answer.headers()))
        {
            return match pushback {
                Pushback::After(wait) => Decision::Retry { wait: Wait::Asked(wait) },
                Pushback::Never => Decision::Return,
            };
        }
        decision
    }

    fn is_success(&self, result: Result<&Response, &Error>) -> bool {
        self.classifier.classify(result) == Outcome::Success
    }

    fn cause(&self, result: Result<&Response, &Error>) -> Cause {
        cause(result)
    }

    fn give_up(
        &self,
        mut last: Result<Response, Error>,
        reason: GaveUp,
    ) -> Result<Response, Error> {
        if let Some(extensions) = last.as_mut().ok().and_then(HttpResponse::extensions_mut) {
            extensions.insert(reason);
        }
        last
    }
}

fn never_left<E: Refusal>(error: &E) -> bool {
    match error.as_rejected().map(Rejected::reason) {
        Some(reason) => reason.is_unsent(),
        None => error.as_error().is_some_and(is_unsent),
    }
}
