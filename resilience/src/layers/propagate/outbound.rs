use std::time::Duration;

use crate::criticality::Criticality;

/// Where a request to another process says what is left of its time.
///
/// `OutboundHeaders` (feature `http`) writes it into headers. Implement it for a request of
/// another protocol; [`Inbound`](crate::deadline::Inbound) is its counterpart on the other side.
pub trait Outbound<Request> {
    /// Makes `request` say that its sender waits for `time` and no longer, unless it asks for
    /// less already. Never round up.
    fn set_time_left(&self, request: &mut Request, time: Duration);

    /// Makes `request` say how much it matters. Default: it does not say.
    fn set_criticality(&self, request: &mut Request, class: Criticality) {
        let _ = (request, class);
    }
}

#[cfg(feature = "http")]
impl<B> Outbound<http::Request<B>> for crate::http::OutboundHeaders {
    fn set_time_left(&self, request: &mut http::Request<B>, time: Duration) {
        self.set_time_left(time, request.headers_mut());
    }

    fn set_criticality(&self, request: &mut http::Request<B>, class: Criticality) {
        self.set_criticality(class, request.headers_mut());
    }
}
