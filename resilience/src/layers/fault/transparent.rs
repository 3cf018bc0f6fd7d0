//! What `service` is without the feature `fault-injection`.

use std::{
    marker::PhantomData,
    task::{Context, Poll},
};

use tower_service::Service;

use super::target::AnyRequest;

/// Passes every call on.
///
/// Made by [`FaultLayer`](super::FaultLayer). With the cargo feature `fault-injection` it
/// injects faults; the feature is off in this build.
#[derive(Clone, Debug)]
#[repr(transparent)]
pub struct FaultService<S, T = AnyRequest> {
    inner: S,
    target: PhantomData<fn() -> T>,
}

impl<S, T> FaultService<S, T> {
    pub(super) const fn new(inner: S) -> Self {
        Self { inner, target: PhantomData }
    }
}

impl<S: Service<Request>, T, Request> Service<Request> for FaultService<S, T> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        self.inner.call(request)
    }
}
