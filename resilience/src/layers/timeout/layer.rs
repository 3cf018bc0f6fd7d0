use std::time::Duration;

use tower_layer::Layer;

use super::service::Timeout;
use crate::{
    event::{Listener, Listeners},
    name::Name,
};

/// Bounds how long each call of a service may take.
///
/// See the [module](super) for what it does.
///
/// # Sharing
///
/// Services made by this layer share its listeners, and by its name the counters. Each
/// call has a limit of its own.
#[derive(Clone, Debug)]
pub struct TimeoutLayer {
    name: Name,
    limit: Duration,
    listeners: Listeners,
}

impl TimeoutLayer {
    /// Allows each call `limit` to answer.
    ///
    /// Choose it near the 99.9th percentile of good answers: shorter cuts answers that were
    /// coming, longer keeps callers waiting for ones that are not. With a limit of zero only
    /// an answer that is ready at once comes through.
    #[must_use]
    pub fn new(name: Name, limit: Duration) -> Self {
        Self { name, limit, listeners: Listeners::default() }
    }

    /// Calls `listener` whenever a limit passes, besides those added before.
    #[must_use]
    pub fn on_event(mut self, listener: Listener) -> Self {
        self.listeners.add(listener);
        self
    }
}

impl<S> Layer<S> for TimeoutLayer {
    type Service = Timeout<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Timeout::new(inner, self.name, self.limit, self.listeners.clone())
    }
}
