use std::sync::Arc;

use tower_layer::Layer;

use super::{
    config::Config, handle::CircuitBreakerHandle, service::CircuitBreaker, shared::Shared,
};
use crate::{classify::AnyError, event::Listener, holders::Holders, name::Name, rng::Rng};

/// Puts services behind one circuit breaker.
///
/// See the [module](super) for what it does.
///
/// # Sharing
///
/// All services made by this layer or by its clones share one breaker. Breakers made from one
/// `Arc` of settings share these, which saves 300 bytes for each.
#[derive(Clone, Debug)]
pub struct CircuitBreakerLayer<C = AnyError> {
    shared: Holders<Shared>,
    classifier: C,
}

impl CircuitBreakerLayer {
    /// A closed breaker that counts every error as a failure.
    ///
    /// Every response is a success to it, also one with an HTTP status that says otherwise: for
    /// HTTP use `http`.
    #[must_use]
    pub fn new(name: Name, config: impl Into<Arc<Config>>) -> Self {
        Self::with_classifier(name, config, AnyError)
    }
}

#[cfg(feature = "http")]
impl CircuitBreakerLayer<crate::http::HttpClassifier> {
    /// A closed breaker that counts by HTTP status.
    #[must_use]
    pub fn http(name: Name, config: impl Into<Arc<Config>>) -> Self {
        Self::with_classifier(name, config, crate::http::HttpClassifier)
    }
}

impl<C> CircuitBreakerLayer<C> {
    /// A closed breaker that counts as `classifier` says.
    #[must_use]
    pub fn with_classifier(name: Name, config: impl Into<Arc<Config>>, classifier: C) -> Self {
        Self { shared: Holders::new(Shared::new(name, config.into())), classifier }
    }

    /// Draws the jitter of open waits from `rng` instead of one seeded by the system.
    ///
    /// A function behind it runs while the breaker is locked: it must not use the breaker. If
    /// it panics, the wait has no jitter.
    ///
    /// # Panics
    ///
    /// When the breaker has drawn before: the sequence would not be the one of `rng`.
    #[must_use]
    pub fn rng(self, rng: Rng) -> Self {
        assert!(self.shared.set_rng(rng), "rng must be set before the breaker first opens");
        self
    }

    /// Calls `listener` with every change of state, besides those added before, whichever of
    /// the services that share the breaker causes it.
    #[must_use]
    pub fn on_event(self, listener: Listener) -> Self {
        self.shared.listen(listener);
        self
    }

    /// A look at the breaker from outside.
    pub fn handle(&self) -> CircuitBreakerHandle {
        CircuitBreakerHandle::new(self.shared.clone())
    }
}

impl<S, C: Clone> Layer<S> for CircuitBreakerLayer<C> {
    type Service = CircuitBreaker<S, C>;

    fn layer(&self, inner: S) -> Self::Service {
        CircuitBreaker::new(inner, self.shared.clone(), self.classifier.clone())
    }
}
