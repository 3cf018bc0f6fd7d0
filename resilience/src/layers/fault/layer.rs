use tower_layer::Layer;

use super::{FaultService, settings::Settings, switch::FaultSwitch, target::AnyRequest};
use crate::{
    event::{Listener, Listeners},
    name::Name,
};

/// Injects the faults that a [`FaultSwitch`] arms.
///
/// See the [module](super) for what it does.
///
/// # Sharing
///
/// All services made by this layer or by its clones share its switch. Listeners are copied:
/// a service has those that the layer had when it made it, and so does a clone.
#[derive(Clone, Debug)]
pub struct FaultLayer<T = AnyRequest> {
    settings: Settings<T>,
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
        if cfg!(feature = "fault-injection") {
            switch.register(name);
        }
        Self::unlisted(name, switch, target)
    }

    /// The same, of which operators and flags know nothing.
    pub(crate) fn unlisted(name: Name, switch: FaultSwitch, target: T) -> Self {
        let listeners = Listeners::default();
        Self { settings: Settings { name, switch, target, listeners } }
    }

    /// Calls `listener` with every fault injected, besides those added before.
    ///
    /// Services and clones made before keep the listeners they had.
    #[must_use]
    pub fn on_event(mut self, listener: Listener) -> Self {
        self.settings.listeners.add(listener);
        self
    }
}

impl<S, T: Clone> Layer<S> for FaultLayer<T> {
    type Service = FaultService<S, T>;

    fn layer(&self, inner: S) -> Self::Service {
        FaultService::new(inner, &self.settings)
    }
}
