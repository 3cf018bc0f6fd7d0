//! What service and future are without the feature `fault-injection`.
//!
//! Cargo unifies features: any crate in the graph may turn this one on for all. So nothing
//! that the compiler sees may depend on it, neither bounds nor type parameters nor auto
//! traits. Phantom fields stand for what the types hold when faults are compiled in.

use std::{
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project::pin_project;
use tokio::time::Sleep;
use tower_service::Service;

use super::{
    held::Held,
    place::Place,
    settings::Settings,
    target::{AnyRequest, Target},
};
use crate::error::Refusal;

/// Passes every call on.
///
/// Made by [`FaultLayer`](super::FaultLayer). With the cargo feature `fault-injection` it
/// injects faults; the feature is off in this build.
#[derive(Clone, Debug)]
#[repr(transparent)]
pub struct FaultService<S, T = AnyRequest> {
    inner: S,
    settings: PhantomData<(Settings<T>, Pin<Box<Held>>)>,
}

impl<S, T> FaultService<S, T> {
    pub(super) const fn new(inner: S, _: &Settings<T>) -> Self {
        Self { inner, settings: PhantomData }
    }
}

impl<S, T, Request> Service<Request> for FaultService<S, T>
where
    S: Service<Request> + Clone,
    S::Error: Refusal,
    T: Target<Request, S::Response> + Clone,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S, T, Request>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        ResponseFuture { response: self.inner.call(request), injected: PhantomData }
    }
}

/// The response of a [`FaultService`].
#[pin_project]
#[must_use = "futures do nothing unless polled"]
#[repr(transparent)]
pub struct ResponseFuture<S: Service<Request>, T, Request> {
    #[pin]
    response: S::Future,
    injected: PhantomData<(S, T, Request, Sleep, Place)>,
}

impl<S, T, Request> Future for ResponseFuture<S, T, Request>
where
    S: Service<Request>,
    S::Error: Refusal,
    T: Target<Request, S::Response>,
{
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().response.poll(cx)
    }
}

impl<S: Service<Request>, T, Request> fmt::Debug for ResponseFuture<S, T, Request> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
