use http::{HeaderMap, StatusCode};

use super::RetryAfter;
use crate::{
    classify::{Classify, of_error},
    error::Refusal,
    outcome::Outcome,
};

/// A response with a status and headers.
pub trait HttpResponse {
    /// The status.
    fn status(&self) -> StatusCode;

    /// The headers.
    fn headers(&self) -> &HeaderMap;
}

impl<B> HttpResponse for http::Response<B> {
    fn status(&self) -> StatusCode {
        self.status()
    }

    fn headers(&self) -> &HeaderMap {
        self.headers()
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
}

/// Classifies by HTTP status.
///
/// | result | outcome |
/// |---|---|
/// | 429 | rate-limited, with `Retry-After` when given |
/// | 500 to 599 | failure |
/// | any other status | success: the service did its work |
/// | a timeout or an injected fault of a layer inside | failure |
/// | a refusal by a layer inside, before anything was sent | ignored |
/// | any other error, such as a refused or broken connection | failure |
///
/// # Examples
///
/// ```
/// use resilience::{BoxError, Classify, Outcome, http::HttpClassifier};
///
/// let response = http::Response::builder().status(503).body(())?;
/// let outcome = HttpClassifier.classify(Ok::<_, &BoxError>(&response));
/// assert_eq!(outcome, Outcome::Failure);
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpClassifier;

impl<T: HttpResponse, E: Refusal> Classify<T, E> for HttpClassifier {
    fn classify(&self, result: Result<&T, &E>) -> Outcome {
        match result {
            Ok(response) => {
                let status = response.status();
                if status == StatusCode::TOO_MANY_REQUESTS {
                    let retry_after = RetryAfter::read(status, response.headers());
                    Outcome::RateLimited { retry_after }
                } else if status.is_server_error() {
                    Outcome::Failure
                } else {
                    Outcome::Success
                }
            }
            Err(error) => of_error(error),
        }
    }
}
