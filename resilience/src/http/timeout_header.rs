use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{digits::digits, grpc_timeout};

/// A request header that says how long its sender waits for the answer.
///
/// It holds a length of time and no instant, because the clocks of two machines differ.
///
/// | header | value |
/// |---|---|
/// | `grpc-timeout` | 1 to 8 digits and one of the units `H`, `M`, `S`, `m`, `u`, `n`, as the protocol of gRPC has it |
/// | `x-request-timeout-ms` | whole milliseconds |
/// | `x-envoy-expected-rq-timeout-ms` | whole milliseconds; the time in which Envoy expects the answer |
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use http::HeaderMap;
/// use resilience::http::TimeoutHeader;
///
/// let mut headers = HeaderMap::new();
/// TimeoutHeader::Grpc.write(Duration::from_millis(1_500), &mut headers);
/// assert_eq!(headers["grpc-timeout"], "1500000u");
/// assert_eq!(TimeoutHeader::Grpc.read(&headers), Some(Duration::from_millis(1_500)));
/// assert_eq!(TimeoutHeader::Envoy.read(&headers), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeoutHeader {
    /// `grpc-timeout`.
    Grpc,
    /// `x-request-timeout-ms`.
    Millis,
    /// `x-envoy-expected-rq-timeout-ms`.
    Envoy,
}

impl TimeoutHeader {
    pub(super) const ALL: [Self; 3] = [Self::Grpc, Self::Millis, Self::Envoy];

    /// The name of the header.
    pub const fn name(self) -> HeaderName {
        match self {
            Self::Grpc => HeaderName::from_static("grpc-timeout"),
            Self::Millis => HeaderName::from_static("x-request-timeout-ms"),
            Self::Envoy => HeaderName::from_static("x-envoy-expected-rq-timeout-ms"),
        }
    }

    /// How long the sender of these headers waits; `None`: they do not say.
    ///
    /// Of several values the shortest counts. One that is malformed is as good as none, and a
    /// number that does not fit is the greatest that does: neither can make the time any shorter
    /// or longer than somebody meant. Zero means that the sender waits no more, but for Envoy's
    /// header, where zero is a limit switched off, and says nothing.
    pub fn read(self, headers: &HeaderMap) -> Option<Duration> {
        let values = headers.get_all(self.name()).into_iter();
        values.filter_map(|value| self.parse(value.as_bytes())).min()
    }

    /// Makes `headers` say that their sender waits for `time`, rounded down to what the header
    /// can hold, unless they ask for a shorter time already.
    ///
    /// A client can so write less than it carries, as tonic's `Request::set_timeout` does.
    pub fn write(self, time: Duration, headers: &mut HeaderMap) {
        if self.read(headers).is_none_or(|asked| asked > time) {
            headers.insert(self.name(), self.value(time));
        }
    }

    fn parse(self, text: &[u8]) -> Option<Duration> {
        match self {
            Self::Grpc => grpc_timeout::parse(text),
            Self::Millis => digits(text).map(Duration::from_millis),
            Self::Envoy => digits(text).filter(|millis| *millis > 0).map(Duration::from_millis),
        }
    }

    fn value(self, time: Duration) -> HeaderValue {
        match self {
            Self::Grpc => grpc_timeout::value(time),
            Self::Millis => HeaderValue::from(whole_millis(time)),
            // Zero would be a limit switched off.
            Self::Envoy => HeaderValue::from(whole_millis(time).max(1)),
        }
    }
}

fn whole_millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
