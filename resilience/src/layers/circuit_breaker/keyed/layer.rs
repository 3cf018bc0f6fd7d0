use std::sync::Arc;

use tower_layer::Layer;

use super::{
    breakers::Breakers, config::Config, handle::KeyedCircuitBreakerHandle,
    service::KeyedCircuitBreaker,
};
use crate::{classify::AnyError, event::Event, keyed::Key, name::Name, rng::Rng};

/// Puts services behind one circuit breaker for each key.
///
/// See the [module](super) for what it does.
///
/// # Sharing
///
/// All services made by this layer or by its clones share the keys and their breakers.
#[derive(Clone, Debug)]
pub struct KeyedCircuitBreakerLayer<K, C = AnyError> {
    breakers: Arc<Breakers>,
    keys: K,
    classifier: C,
}

impl<K> KeyedCircuitBreakerLayer<K> {
    /// Breakers that count every error as a failure, one for each of `keys`.
    ///
    /// Every response is a success to them, also one with an HTTP status that says otherwise: for
    /// HTTP use `http`.
    #[must_use]
    pub fn new(name: Name, config: impl Into<Config>, keys: K) -> Self {
        Self::with_classifier(name, config, keys, AnyError)
    }
}

#[cfg(feature = "http")]
impl<K> KeyedCircuitBreakerLayer<K, crate::http::HttpClassifier> {
    /// Breakers that count by HTTP status, one for each of `keys`, such as [`ByHost`].
    ///
    /// [`ByHost`]: super::ByHost
    #[must_use]
    pub fn http(name: Name, config: impl Into<Config>, keys: K) -> Self {
        Self::with_classifier(name, config, keys, crate::http::HttpClassifier)
    }
}

impl<K, C> KeyedCircuitBreakerLayer<K, C> {
    /// Breakers that count as `classifier` says, one for each of `keys`.
    #[must_use]
    pub fn with_classifier(name: Name, config: impl Into<Config>, keys: K, classifier: C) -> Self {
        Self { breakers: Breakers::new(name, config.into()), keys, classifier }
    }

    /// The same for tests of the sweep: others that ask for all gauges sweep what is listed, by
    /// clocks of their own.
    #[cfg(test)]
    pub(super) fn unlisted(name: Name, config: Config, keys: K, classifier: C) -> Self {
        Self { breakers: Breakers::unlisted(name, config), keys, classifier }
    }

    /// Draws the jitter of open waits from `rng`, as for a
    /// [single breaker](super::super::CircuitBreakerLayer::rng).
    ///
    /// # Panics
    ///
    /// When there are keys: their waits would not be drawn from `rng`.
    #[must_use]
    pub fn rng(self, rng: Rng) -> Self {
        assert!(self.breakers.set_rng(rng), "rng must be set once, and before the first key");
        self
    }

    /// Calls `listener` with every change of state and its key, besides those added before.
    ///
    /// Without a key, it is the breaker that calls share when there are too many keys. It runs
    /// as a [`Listener`](crate::Listener) does.
    #[must_use]
    pub fn on_event(self, listener: impl Fn(Option<&Key>, &Event) + Send + Sync + 'static) -> Self {
        self.breakers.listen(Arc::new(listener));
        self
    }

    /// A look at the keys and their breakers from outside.
    pub fn handle(&self) -> KeyedCircuitBreakerHandle {
        KeyedCircuitBreakerHandle::new(Arc::clone(&self.breakers))
    }
}

impl<S, K: Clone, C: Clone> Layer<S> for KeyedCircuitBreakerLayer<K, C> {
    type Service = KeyedCircuitBreaker<S, K, C>;

    fn layer(&self, inner: S) -> Self::Service {
        let (keys, classifier) = (self.keys.clone(), self.classifier.clone());
        KeyedCircuitBreaker::new(inner, Arc::clone(&self.breakers), keys, classifier)
    }
}
