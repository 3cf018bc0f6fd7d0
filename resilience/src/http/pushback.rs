use std::time::Duration;

use http::{HeaderMap, HeaderName};

pub(crate) const PUSHBACK: HeaderName = HeaderName::from_static("grpc-retry-pushback-ms");

/// What a gRPC service says of retries.
///
/// By gRPC's proposal A6 the metadata `grpc-retry-pushback-ms` names the wait before the next
/// attempt, and a value below zero, or one that is no number, forbids another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pushback {
    /// Another attempt after this wait, whatever the backoff says.
    After(Duration),
    /// No other attempt.
    Never,
}

impl Pushback {
    /// Reads it from the headers or trailers of an answer; `None`: they say nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use http::HeaderMap;
    /// use resilience::http::Pushback;
    ///
    /// let mut headers = HeaderMap::new();
    /// assert_eq!(Pushback::read(&headers), None);
    /// headers.insert("grpc-retry-pushback-ms", "250".parse()?);
    /// assert_eq!(Pushback::read(&headers), Some(Pushback::After(Duration::from_millis(250))));
    /// headers.insert("grpc-retry-pushback-ms", "-1".parse()?);
    /// assert_eq!(Pushback::read(&headers), Some(Pushback::Never));
    /// # Ok::<(), http::header::InvalidHeaderValue>(())
    /// ```
    pub fn read(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(PUSHBACK)?;
        let millis = value.to_str().ok().and_then(|text| text.trim().parse::<i32>().ok());
        let millis = millis.and_then(|millis| u64::try_from(millis).ok());
        Some(millis.map_or(Self::Never, |millis| Self::After(Duration::from_millis(millis))))
    }
}
