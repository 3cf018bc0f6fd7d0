use std::time::Duration;

use http::HeaderMap;

use super::{criticality_header, timeout_header::TimeoutHeader};
use crate::criticality::Criticality;

/// Which headers a request gets, so that its receiver knows what is left of its time.
///
/// By default these are `x-request-timeout-ms` and `x-request-criticality`.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use http::HeaderMap;
/// use resilience::{Criticality, http::{OutboundHeaders, TimeoutHeader}};
///
/// let mut headers = HeaderMap::new();
/// let outbound = OutboundHeaders::new(TimeoutHeader::Grpc);
/// outbound.set_time_left(Duration::from_secs(2), &mut headers);
/// outbound.set_criticality(Criticality::Sheddable, &mut headers);
/// assert_eq!(headers["grpc-timeout"], "2000000u");
/// assert_eq!(headers["x-request-criticality"], "sheddable");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboundHeaders {
    timeout: TimeoutHeader,
    criticality: bool,
}

impl OutboundHeaders {
    /// The time that is left goes into `timeout`, the class into `x-request-criticality`.
    #[must_use]
    pub const fn new(timeout: TimeoutHeader) -> Self {
        Self { timeout, criticality: true }
    }

    /// Writes no class: to a service of others, whom it tells nothing.
    #[must_use]
    pub const fn without_criticality(mut self) -> Self {
        self.criticality = false;
        self
    }

    /// Makes `headers` say that their sender waits for `time`, unless they ask for less already.
    pub fn set_time_left(&self, time: Duration, headers: &mut HeaderMap) {
        self.timeout.write(time, headers);
    }

    /// Makes `headers` say how much the request matters. The default class is what a request
    /// without the header has, so it is written only in the place of another.
    pub fn set_criticality(&self, class: Criticality, headers: &mut HeaderMap) {
        if self.criticality {
            criticality_header::write(class, headers);
        }
    }
}

impl Default for OutboundHeaders {
    fn default() -> Self {
        Self::new(TimeoutHeader::Millis)
    }
}
