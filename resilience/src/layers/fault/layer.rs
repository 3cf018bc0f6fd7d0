use tower_layer::Layer;

use super::{service::FaultService, switch::FaultSwitch, target::AnyRequest};
use crate::{
    event::{Listener, Listeners},
    name::Name,
};

/// Injects the faults that a [`FaultSwitch`] arms.
///
/// See the [module](super) for what it does.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "fault-injection"), expect(dead_code, reason = "nothing is injected"))]
pub struct FaultLayer<T = AnyRequest> {
    name: Name,
    switch: FaultSwitch,
    target: T,
    listeners: Listeners,
}

impl FaultLayer {
    /// Injects into requests of any type.
    #[must_use]
    pub fn new(name: Name, switch: FaultSwitch) -> Self {
        Self::with_target(name, switch, AnyRequest)
    }
}

#[cfg(feature = "http")]
impl FaultLayer<super::HttpTarget> {
    /// Injects into HTTP requests, by path, and marks responses.
    #[must_use]
    pub fn http(name: Name, switch: FaultSwitch) -> Self {
        Self::with_target(name, switch, super::HttpTarget)
    }
}

impl<T> FaultLayer<T> {
    /// Injects into the requests of `target`.
    #[must_use]
    pub fn with_target(name: Name, switch: FaultSwitch, target: T) -> Self {
        Self { name, switch, target, listeners: Listeners::default() }
    }

    /// Calls `listener` with every fault injected, besides those added before.
    #[must_use]
    pub fn on_event(mut self, listener: Listener) -> Self {
        self.listeners.add(listener);
        self
    }
}

#[cfg(feature = "fault-injection")]
impl<S, T: Clone> Layer<S> for FaultLayer<T> {
    type Service = FaultService<S, T>;

    fn layer(&self, inner: S) -> Self::Service {
        let Self { name, switch, target, listeners } = self.clone();
        FaultService::new(inner, name, switch, target, listeners)
    }
}

#[cfg(not(feature = "fault-injection"))]
impl<S, T: Clone> Layer<S> for FaultLayer<T> {
    type Service = FaultService<S, T>;

    fn layer(&self, inner: S) -> Self::Service {
        FaultService::new(inner)
    }
}
