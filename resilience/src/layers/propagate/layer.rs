use tower_layer::Layer;

use super::{config::Config, service::Propagate};
use crate::{
    event::{Listener, Listeners},
    name::Name,
};

/// Writes what is left of a request's time, and its class, into the request.
///
/// See the [module](super) for what it does.
///
/// # Sharing
///
/// Services made by this layer share its listeners, and by its name the counters.
#[derive(Clone, Debug)]
pub struct PropagateLayer<O> {
    outbound: O,
    name: Name,
    config: Config,
    listeners: Listeners,
}

#[cfg(feature = "http")]
impl PropagateLayer<crate::http::OutboundHeaders> {
    /// Writes `x-request-timeout-ms` and `x-request-criticality` into HTTP requests.
    #[must_use]
    pub fn http(name: Name, config: Config) -> Self {
        Self::with_outbound(name, config, crate::http::OutboundHeaders::default())
    }

    /// Writes `grpc-timeout` and `x-request-criticality` into HTTP requests, as any gRPC server
    /// reads them.
    ///
    /// tonic's `Channel` reads `grpc-timeout` as well and ends the call by it on this side, as an
    /// error of its own: the margin then shortens what this side waits, too. Between two services
    /// with these layers [`http`](Self::http) does without that, over gRPC as well.
    #[must_use]
    pub fn grpc(name: Name, config: Config) -> Self {
        use crate::http::{OutboundHeaders, TimeoutHeader};

        Self::with_outbound(name, config, OutboundHeaders::new(TimeoutHeader::Grpc))
    }
}

impl<O> PropagateLayer<O> {
    /// Writes by `outbound`.
    #[must_use]
    pub fn with_outbound(name: Name, config: Config, outbound: O) -> Self {
        Self { outbound, name, config, listeners: Listeners::default() }
    }

    /// Calls `listener` whenever a request is refused, besides those added before.
    #[must_use]
    pub fn on_event(mut self, listener: Listener) -> Self {
        self.listeners.add(listener);
        self
    }
}

impl<S, O: Clone> Layer<S> for PropagateLayer<O> {
    type Service = Propagate<S, O>;

    fn layer(&self, inner: S) -> Self::Service {
        let listeners = self.listeners.clone();
        Propagate::new(inner, self.outbound.clone(), self.name, self.config, listeners)
    }
}
