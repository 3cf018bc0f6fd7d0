use std::time::Duration;

use tower_layer::Layer;

use super::{future::KIND, service::Timeout};
use crate::{
    event::{Listener, Listeners},
    limit_handle::LimitHandle,
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
    pub(super) name: Name,
    pub(super) limit: Duration,
    pub(super) spares_last_attempt: bool,
    pub(super) listeners: Listeners,
}

impl TimeoutLayer {
    /// Allows each call `limit` to answer.
    ///
    /// Choose it near the 99.9th percentile of good answers: shorter cuts answers that were
    /// coming, longer keeps callers waiting for ones that are not. With a limit of zero only
    /// an answer that is ready at once comes through.
    #[must_use]
    pub fn new(name: Name, limit: Duration) -> Self {
        Self { name, limit, spares_last_attempt: false, listeners: Listeners::default() }
    }

    /// Leaves the last attempt of a retry to the request's deadline alone.
    ///
    /// With no retry left, cutting an attempt short gains nothing. Set a deadline outside:
    /// without one the last attempt may take for ever. Needs a request that can [`Carry`]
    /// which attempt it is.
    ///
    /// [`Carry`]: crate::Carry
    #[must_use]
    pub const fn spare_last_attempt(mut self) -> Self {
        self.spares_last_attempt = true;
        self
    }

    /// Calls `listener` whenever a limit passes, besides those added before.
    #[must_use]
    pub fn on_event(mut self, listener: Listener) -> Self {
        self.listeners.add(listener);
        self
    }

    /// The limit of all timeouts of this name, to be changed while calls run.
    pub fn handle(&self) -> LimitHandle {
        LimitHandle::new(&KIND, self.name)
    }
}

impl<S> Layer<S> for TimeoutLayer {
    type Service = Timeout<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Timeout::new(inner, self)
    }
}
