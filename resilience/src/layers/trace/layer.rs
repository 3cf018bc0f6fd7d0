use std::fmt;

use tower_layer::Layer;

use super::{context::NoContext, describe::AnyCall, service::Trace};
use crate::name::Name;

/// Makes a span of `tracing` for each attempt.
///
/// See the [module](super) for where it stands and what is in the span.
#[derive(Clone, Copy)]
pub struct TraceLayer<D = AnyCall, I = NoContext> {
    name: Name,
    describe: D,
    inject: I,
}

impl TraceLayer {
    /// For requests of any type, of which the span tells nothing.
    #[must_use]
    pub const fn new(name: Name) -> Self {
        Self::with_describe(name, AnyCall)
    }
}

#[cfg(feature = "http")]
impl TraceLayer<super::describe::HttpCall> {
    /// For HTTP: the span tells method, address and status.
    #[must_use]
    pub const fn http(name: Name) -> Self {
        Self::with_describe(name, super::describe::HttpCall)
    }
}

impl<D> TraceLayer<D> {
    /// For requests and responses of which `describe` says what the span tells.
    #[must_use]
    pub const fn with_describe(name: Name, describe: D) -> Self {
        Self { name, describe, inject: NoContext }
    }
}

impl<D, I> TraceLayer<D, I> {
    /// Has `inject` write the context of each attempt's span into its request. Default: none goes out.
    ///
    /// It is an [`Inject`](super::Inject), such as a `fn(&tracing::Span, &mut Request)`, and is cloned
    /// with each service.
    #[must_use]
    pub fn context<J>(self, inject: J) -> TraceLayer<D, J> {
        TraceLayer { name: self.name, describe: self.describe, inject }
    }
}

impl<S, D: Clone, I: Clone> Layer<S> for TraceLayer<D, I> {
    type Service = Trace<S, D, I>;

    fn layer(&self, inner: S) -> Self::Service {
        Trace::new(inner, self.name, self.describe.clone(), self.inject.clone())
    }
}

impl<D, I> fmt::Debug for TraceLayer<D, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceLayer").field("name", &self.name).finish_non_exhaustive()
    }
}
