use std::time::Duration;

use http::{HeaderMap, StatusCode, header::RETRY_AFTER};

/// Reads how long a response asks to wait.
///
/// Understands the header `Retry-After` in seconds on 429 and 503 responses. Surrounding
/// blanks are allowed; anything else that is not a whole number is no answer.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use http::{HeaderMap, StatusCode};
/// use resilience::http::RetryAfter;
///
/// let mut headers = HeaderMap::new();
/// headers.insert("retry-after", "2".parse()?);
/// let wait = RetryAfter::read(StatusCode::SERVICE_UNAVAILABLE, &headers);
/// assert_eq!(wait, Some(Duration::from_secs(2)));
/// assert_eq!(RetryAfter::read(StatusCode::OK, &headers), None);
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RetryAfter;

impl RetryAfter {
    /// The wait that a response with this status and these headers asks for.
    pub fn read(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
        let asks =
            matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        let value = headers.get(RETRY_AFTER).filter(|_| asks)?.to_str().ok()?.trim();
        // `parse` would take a leading plus sign, which the header's grammar does not know.
        if !value.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        value.parse().ok().map(Duration::from_secs)
    }
}
