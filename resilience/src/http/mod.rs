//! What the layers know of HTTP.

mod classify;
mod criticality_header;
mod digits;
mod grpc_status;
mod grpc_timeout;
mod inbound;
mod outbound;
mod pushback;
#[cfg(feature = "http-body")]
mod replay_body;
mod resend;
mod retry_after;
mod timeout_header;
mod unsent;

#[cfg(feature = "reqwest")]
mod client;

pub use classify::{HttpClassifier, HttpResponse};
#[cfg(feature = "reqwest")]
pub use client::ReqwestService;
pub(crate) use grpc_status::status_of_grpc;
pub use inbound::InboundHeaders;
pub use outbound::OutboundHeaders;
#[cfg(feature = "grpc")]
pub(crate) use pushback::PUSHBACK;
pub use pushback::Pushback;
#[cfg(feature = "http-body")]
pub use replay_body::ReplayBody;
pub use resend::Resend;
pub(crate) use resend::copy;
pub use retry_after::RetryAfter;
pub use timeout_header::TimeoutHeader;
pub use unsent::is_unsent;

use crate::carry::{Carried, Carry};

/// Carries in the request's extensions.
impl<B> Carry for http::Request<B> {
    fn carried(&self) -> Carried {
        self.extensions().get().copied().unwrap_or_default()
    }

    fn set_carried(&mut self, carried: Carried) {
        self.extensions_mut().insert(carried);
    }
}

#[cfg(test)]
mod header_tests;
#[cfg(test)]
mod tests;
