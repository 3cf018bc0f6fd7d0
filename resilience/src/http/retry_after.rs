use std::time::Duration;

use http::{HeaderMap, StatusCode, header::RETRY_AFTER};

/// How long a response with this status and these headers asks to wait.
///
/// Understands the header `Retry-After` in seconds on 429 and 503 responses. Surrounding
/// blanks are allowed; anything else that is not a whole number is no answer. More seconds
/// than fit are the longest wait there is, because no answer would mean a wait of none.
pub(crate) fn retry_after(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    if !matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        return None;
    }
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    // `parse` would take a leading plus sign, which the header's grammar does not know.
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(value.parse().map_or(Duration::MAX, Duration::from_secs))
}
