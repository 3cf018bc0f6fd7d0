use std::time::Duration;

use crate::{
    classify::{AnyError, Classify},
    outcome::Outcome,
};

/// What to do with the result of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The caller gets it.
    Return,
    /// Another attempt is worth making, if limits allow.
    Retry {
        /// The least wait before it, when the service asked for one.
        not_before: Option<Duration>,
    },
}

/// Decides what may be sent twice, and what is worth it.
pub trait Policy<Request, Response, Error> {
    /// A copy of `request` to send again later; `None` when it must not or cannot be.
    ///
    /// It is asked before each attempt that another may follow, never for the last.
    fn clone_request(&self, request: &Request) -> Option<Request>;

    /// What to do with the result of an attempt.
    fn decide(&self, result: Result<&Response, &Error>) -> Decision;
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
{
    fn clone_request(&self, request: &Request) -> Option<Request> {
        Some(request.clone())
    }

    fn decide(&self, result: Result<&Response, &Error>) -> Decision {
        decide(self.classifier.classify(result))
    }
}

fn decide(outcome: Outcome) -> Decision {
    match outcome {
        Outcome::Failure => Decision::Retry { not_before: None },
        Outcome::RateLimited { retry_after } => Decision::Retry { not_before: retry_after },
        Outcome::Success | Outcome::Ignored => Decision::Return,
    }
}

#[cfg(feature = "http")]
pub use http_policy::{HttpPolicy, Idempotency};

#[cfg(feature = "http")]
mod http_policy {
    use http::Request;

    use super::{Classify, Decision, Outcome, Policy, decide};
    use crate::http::{HttpClassifier, HttpResponse, RetryAfter};

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

    /// Retries HTTP requests that may be sent twice, by status, following `Retry-After`.
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
    {
        fn clone_request(&self, request: &Request<B>) -> Option<Request<B>> {
            self.idempotency.allows(request).then(|| request.clone())
        }

        fn decide(&self, result: Result<&Response, &Error>) -> Decision {
            match self.classifier.classify(result) {
                // A server that is down for a while says so with a 503 and the same header.
                Outcome::Failure => Decision::Retry {
                    not_before: result
                        .ok()
                        .and_then(|answer| RetryAfter::read(answer.status(), answer.headers())),
                },
                other => decide(other),
            }
        }
    }
}
