use std::time::Duration;

use crate::criticality::Criticality;

/// What a request from another process says of itself.
///
/// `InboundHeaders` (feature `http`) reads it from headers. Implement it for a request of another
/// protocol, such as a message with properties.
pub trait Inbound<Request> {
    /// How long the sender still waits, counted from now; `None`: it does not say. Zero means
    /// that it waits no more.
    ///
    /// Leave out what is malformed rather than guess, and what does not fit is `Duration::MAX`:
    /// the limit of the layer stands behind it.
    fn time_left(&self, request: &Request) -> Option<Duration>;

    /// How much the request matters; `None`: it does not say, and goes on as what it carries.
    fn criticality(&self, request: &Request) -> Option<Criticality> {
        let _ = request;
        None
    }
}

/// Reads nothing of a request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unread;

impl<Request> Inbound<Request> for Unread {
    #[inline]
    fn time_left(&self, _: &Request) -> Option<Duration> {
        None
    }
}

#[cfg(feature = "http")]
impl<B> Inbound<http::Request<B>> for crate::http::InboundHeaders {
    fn time_left(&self, request: &http::Request<B>) -> Option<Duration> {
        self.time_left(request.headers())
    }

    fn criticality(&self, request: &http::Request<B>) -> Option<Criticality> {
        self.criticality(request.headers())
    }
}
