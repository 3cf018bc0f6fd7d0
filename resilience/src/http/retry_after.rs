use std::time::{Duration, SystemTime};

use http::{
    HeaderMap, HeaderName, StatusCode,
    header::{DATE, RETRY_AFTER},
};

/// Reads how long a response asks to wait.
///
/// The header `Retry-After` holds seconds or an HTTP date (RFC 9110, section 10.2.3). Blanks
/// around it are allowed, and a date that has passed means no wait. Anything else is no answer.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use http::{HeaderMap, StatusCode, header::RETRY_AFTER};
/// use resilience::http::RetryAfter;
///
/// let mut headers = HeaderMap::new();
/// headers.insert(RETRY_AFTER, "120".parse()?);
/// let reader = RetryAfter::default().at_most(Duration::from_secs(60));
/// let asked = reader.read(StatusCode::TOO_MANY_REQUESTS, &headers, SystemTime::UNIX_EPOCH);
/// assert_eq!(asked, Some(Duration::from_secs(60)));
/// assert_eq!(reader.read(StatusCode::OK, &headers, SystemTime::UNIX_EPOCH), None);
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryAfter {
    statuses: Vec<StatusCode>,
    at_most: Duration,
}

/// The statuses whose header counts unless others are set.
const STATUSES: [StatusCode; 2] = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE];

impl RetryAfter {
    /// Sets the statuses whose header counts. Default: 429 and 503.
    #[must_use]
    pub fn statuses(mut self, statuses: impl IntoIterator<Item = StatusCode>) -> Self {
        self.statuses = statuses.into_iter().collect();
        self
    }

    /// Cuts what is asked at `wait`. Default: not cut.
    ///
    /// Retry does not need it: there a service that asks for more than
    /// [`retry_after_at_most`](crate::retry::ConfigBuilder::retry_after_at_most) is not asked
    /// again.
    #[must_use]
    pub const fn at_most(mut self, wait: Duration) -> Self {
        self.at_most = wait;
        self
    }

    /// How long a response with this status and these headers asks to wait at `now`.
    ///
    /// Seconds beyond what fits are the longest wait there is, because no answer would mean a
    /// wait of none.
    pub fn read(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        now: SystemTime,
    ) -> Option<Duration> {
        self.statuses
            .contains(&status)
            .then(|| asked(headers, || now))?
            .map(|wait| wait.min(self.at_most))
    }
}

impl Default for RetryAfter {
    fn default() -> Self {
        Self { statuses: STATUSES.to_vec(), at_most: Duration::MAX }
    }
}

/// How long a response asks to wait, by the defaults.
///
/// A date is held against the response's own `Date` where there is one: the clocks of two
/// machines differ, those of one response do not.
pub(crate) fn retry_after(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    if !STATUSES.contains(&status) {
        return None;
    }
    asked(headers, || date(headers, &DATE).unwrap_or_else(wall_clock))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a calendar date can only be held against the wall clock"
)]
fn wall_clock() -> SystemTime {
    SystemTime::now()
}

fn asked(headers: &HeaderMap, now: impl FnOnce() -> SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    // `parse` would take a leading plus sign, which the header's grammar does not know.
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(value.parse().map_or(Duration::MAX, Duration::from_secs));
    }
    let until = date(headers, &RETRY_AFTER)?;
    Some(until.duration_since(now()).unwrap_or(Duration::ZERO))
}

fn date(headers: &HeaderMap, name: &HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(name)?.to_str().ok()?.trim()).ok()
}
