use std::time::Duration;

use tower_layer::Layer;

use super::service::DeadlineService;
use crate::{
    event::{Listener, Listeners},
    name::Name,
};

/// Gives each request a deadline and holds it to that.
///
/// See the [module](super) for what it does.
///
/// # Sharing
///
/// Services made by this layer share its listeners, and by its name the counters. Each
/// request has a deadline of its own.
#[derive(Clone, Debug)]
pub struct DeadlineLayer {
    name: Name,
    limit: Duration,
    listeners: Listeners,
}

impl DeadlineLayer {
    /// Allows each request `limit` from its call on, unless it carries an earlier deadline.
    ///
    /// Choose what the caller's own caller will wait for, less the way back.
    #[must_use]
    pub fn new(name: Name, limit: Duration) -> Self {
        Self { name, limit, listeners: Listeners::default() }
    }

    /// Calls `listener` whenever a deadline passes, besides those added before.
    #[must_use]
    pub fn on_event(mut self, listener: Listener) -> Self {
        self.listeners.add(listener);
        self
    }
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = DeadlineService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        DeadlineService::new(inner, self.name, self.limit, self.listeners.clone())
    }
}
