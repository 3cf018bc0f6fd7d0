//! What the layers know of HTTP.

mod classify;
mod pushback;
#[cfg(feature = "http-body")]
mod replay_body;
mod resend;
mod retry_after;
mod unsent;

#[cfg(feature = "reqwest")]
mod client;

pub use classify::{HttpClassifier, HttpResponse};
#[cfg(feature = "reqwest")]
pub use client::ReqwestService;
pub use pushback::Pushback;
#[cfg(feature = "http-body")]
pub use replay_body::ReplayBody;
pub use resend::Resend;
pub(crate) use resend::copy;
pub use retry_after::RetryAfter;
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
mod tests;
