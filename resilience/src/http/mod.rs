//! What the layers know of HTTP.

mod classify;
mod pushback;
mod retry_after;

#[cfg(feature = "reqwest")]
mod client;

pub use classify::{HttpClassifier, HttpResponse};
#[cfg(feature = "reqwest")]
pub use client::ReqwestService;
pub use pushback::Pushback;
pub use retry_after::RetryAfter;
pub(crate) use retry_after::retry_after;

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
