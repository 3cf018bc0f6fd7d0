use std::time::Duration;

use http::HeaderMap;

use super::{criticality_header, timeout_header::TimeoutHeader};
use crate::criticality::Criticality;

/// Which headers of a request its receiver believes.
///
/// By default these are all of [`TimeoutHeader`] and `x-request-criticality`. What they say of
/// time can only shorten what a [deadline layer](crate::deadline::DeadlineLayer) allows. A class
/// can also be raised, so limit it where strangers call.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use http::HeaderMap;
/// use resilience::{Criticality, http::{InboundHeaders, TimeoutHeader}};
///
/// let mut headers = HeaderMap::new();
/// headers.insert("grpc-timeout", "2S".parse()?);
/// headers.insert("x-request-timeout-ms", "700".parse()?);
/// headers.insert("x-request-criticality", "critical_plus".parse()?);
///
/// let all = InboundHeaders::default();
/// assert_eq!(all.time_left(&headers), Some(Duration::from_millis(700)), "the shortest wins");
/// assert_eq!(all.criticality(&headers), Some(Criticality::CriticalPlus));
///
/// let at_the_edge = all
///     .timeouts([TimeoutHeader::Grpc])
///     .criticality_at_most(Criticality::Critical);
/// assert_eq!(at_the_edge.time_left(&headers), Some(Duration::from_secs(2)));
/// assert_eq!(at_the_edge.criticality(&headers), Some(Criticality::Critical));
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InboundHeaders {
    /// By the number of the header.
    timeouts: [bool; TimeoutHeader::ALL.len()],
    /// The highest class that is believed; `None`: no class is.
    criticality: Option<Criticality>,
}

impl InboundHeaders {
    /// Sets the headers that are believed of time, in the place of those set before; none: no
    /// header is. Default: all.
    ///
    /// A proxy in front that sets one and passes the others on from outside is a reason to name
    /// the one.
    #[must_use]
    pub fn timeouts(mut self, headers: impl IntoIterator<Item = TimeoutHeader>) -> Self {
        self.timeouts = Default::default();
        for header in headers {
            self.timeouts[header as usize] = true;
        }
        self
    }

    /// Sets the highest class that is believed: one above it counts as this one. Default: the
    /// highest there is.
    #[must_use]
    pub const fn criticality_at_most(mut self, class: Criticality) -> Self {
        self.criticality = Some(class);
        self
    }

    /// Believes no class.
    #[must_use]
    pub const fn without_criticality(mut self) -> Self {
        self.criticality = None;
        self
    }

    /// How long the sender waits, the shortest of what is said; `None`: nothing is said that can
    /// be read.
    pub fn time_left(&self, headers: &HeaderMap) -> Option<Duration> {
        let read = TimeoutHeader::ALL.into_iter().filter(|header| self.timeouts[*header as usize]);
        read.filter_map(|header| header.read(headers)).min()
    }

    /// How much the request matters to its sender; `None`: nothing is said, or nothing that is
    /// known.
    pub fn criticality(&self, headers: &HeaderMap) -> Option<Criticality> {
        let at_most = self.criticality?;
        criticality_header::read(headers).map(|class| class.min(at_most))
    }
}

impl Default for InboundHeaders {
    fn default() -> Self {
        Self {
            timeouts: [true; TimeoutHeader::ALL.len()],
            criticality: Some(Criticality::CriticalPlus),
        }
    }
}
