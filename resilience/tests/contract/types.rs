//! What can be sent and shared between threads.

use std::{
    cell::Cell,
    fmt,
    marker::PhantomData,
    task::{Context, Poll},
};

use tower::Service;
use tower_layer::Layer;

use super::stage::{Inner, Ping};

/// Checked when this compiles: `Send`, `Clone` and `Debug` always, `Sync` where the service inside
/// is `Sync`.
pub(crate) fn services_and_futures_are_as_shareable_as_what_is_inside<E, L>(_: L)
where
    L: Clone + Send + Sync + fmt::Debug,
    L: Layer<Inner<E>, Service: Whole + Sync> + Layer<Unshared<Inner<E>>, Service: Whole>,
{
}

/// A service that can be moved to another thread, and whose futures can.
pub(crate) trait Whole:
    Service<Ping, Future: Send + 'static> + Clone + Send + fmt::Debug + 'static
{
}

impl<S> Whole for S where
    S: Service<Ping, Future: Send + 'static> + Clone + Send + fmt::Debug + 'static
{
}

/// A service that is `Send` and not `Sync`.
#[derive(Clone, Debug)]
pub(crate) struct Unshared<S> {
    inner: S,
    cell: PhantomData<Cell<()>>,
}

impl<S: Service<Ping>> Service<Ping> for Unshared<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, ping: Ping) -> Self::Future {
        self.inner.call(ping)
    }
}
