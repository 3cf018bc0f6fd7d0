use http::{Extensions, HeaderMap, StatusCode};

use super::{grpc_status::status_of_grpc, retry_after::retry_after};
use crate::{
    classify::{Classify, of_error},
    error::{Reason, Refusal, Rejected},
    outcome::Outcome,
};

/// A response with a status and headers.
pub trait HttpResponse {
    /// The status.
    fn status(&self) -> StatusCode;

    /// The headers.
    fn headers(&self) -> &HeaderMap;

    /// Where layers may leave word, such as why retry gave up. Default: there is no such place.
    fn extensions_mut(&mut self) -> Option<&mut Extensions> {
        None
    }
}

impl<B> HttpResponse for http::Response<B> {
    fn status(&self) -> StatusCode {
        self.status()
    }

    fn headers(&self) -> &HeaderMap {
        self.headers()
    }

    fn extensions_mut(&mut self) -> Option<&mut Extensions> {
        Some(self.extensions_mut())
    }
}

#[cfg(feature = "reqwest")]
impl HttpResponse for reqwest::Response {
    fn status(&self) -> StatusCode {
        self.status()
    }

    fn headers(&self) -> &HeaderMap {
        self.headers()
    }

    fn extensions_mut(&mut self) -> Option<&mut Extensions> {
        Some(self.extensions_mut())
    }
}

/// Classifies by HTTP status.
///
/// | result | outcome |
/// |---|---|
/// | 429 | rate-limited, with `Retry-After` when given |
/// | 503 with a `Retry-After` that can be read | unavailable for that long |
/// | any other from 500 to 599 | failure |
/// | any other status | success: the service did its work |
/// | an injected error of a layer inside | as a response of that status without headers |
/// | an injected code of gRPC | as a response of the status that says the same |
/// | an injected abort or a timeout of a layer inside | failure |
/// | a refusal by a layer inside, before anything was sent | ignored |
/// | any other error, such as a refused or broken connection | failure |
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use resilience::{BoxError, Classify, Outcome, http::HttpClassifier};
///
/// let response = http::Response::builder().status(503);
/// let outcome = HttpClassifier.classify(Ok::<_, &BoxError>(&response.body(())?));
/// assert_eq!(outcome, Outcome::Failure);
///
/// let response = http::Response::builder().status(503).header("retry-after", "2");
/// let outcome = HttpClassifier.classify(Ok::<_, &BoxError>(&response.body(())?));
/// assert_eq!(outcome, Outcome::Unavailable { retry_after: Duration::from_secs(2) });
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpClassifier;

impl<T: HttpResponse, E: Refusal> Classify<T, E> for HttpClassifier {
    fn classify(&self, result: Result<&T, &E>) -> Outcome {
        let (status, retry_after) = match result {
            Ok(response) => {
                let status = response.status();
                (status, retry_after(status, response.headers()))
            }
            Err(error) => match injected_status(error) {
                Some(status) => (status, None),
                None => return of_error(error),
            },
        };
        if status == StatusCode::TOO_MANY_REQUESTS {
            Outcome::RateLimited { retry_after }
        } else if status.is_server_error() {
            retry_after.map_or(Outcome::Failure, |retry_after| Outcome::Unavailable { retry_after })
        } else {
            Outcome::Success
        }
    }
    /// By the header `x-fault-injected`.
    fn is_injected(&self, response: &T) -> bool {
        response.headers().contains_key("x-fault-injected")
    }
}

/// The status that fault injection answered with in place of the service.
fn injected_status<E: Refusal>(error: &E) -> Option<StatusCode> {
    match error.as_rejected().map(Rejected::reason)? {
        Reason::InjectedError { status } => StatusCode::from_u16(status).ok(),
        Reason::InjectedGrpc { code } => Some(status_of_grpc(code)),
        _ => None,
    }
}
