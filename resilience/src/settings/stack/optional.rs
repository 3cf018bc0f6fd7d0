use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project::pin_project;
use tower_layer::Layer;
use tower_service::Service;

/// A layer that may be left out.
#[derive(Clone, Debug)]
pub(super) struct Optional<L>(pub(super) Option<L>);

impl<L> Optional<L> {
    pub(super) fn map(self, change: impl FnOnce(L) -> L) -> Self {
        Self(self.0.map(change))
    }
}

impl<S, L: Layer<S>> Layer<S> for Optional<L> {
    type Service = OptionalService<L::Service, S>;

    fn layer(&self, inner: S) -> Self::Service {
        match &self.0 {
            Some(layer) => OptionalService::On(layer.layer(inner)),
            None => OptionalService::Off(inner),
        }
    }
}

/// A service with a layer around it, or without.
///
/// Part of what a [`Stack`](super::Stack) makes. A layer that is off costs one comparison for each
/// call and each poll, and no box.
#[derive(Clone, Copy, Debug)]
pub enum OptionalService<L, S> {
    /// The service in its layer.
    On(L),
    /// The service alone.
    Off(S),
}

impl<L, S, Request> Service<Request> for OptionalService<L, S>
where
    L: Service<Request, Response = S::Response, Error = S::Error>,
    S: Service<Request>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = OptionalFuture<L::Future, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        match self {
            Self::On(service) => service.poll_ready(cx),
            Self::Off(service) => service.poll_ready(cx),
        }
    }

    fn call(&mut self, request: Request) -> Self::Future {
        OptionalFuture(match self {
            Self::On(service) => Either::On(service.call(request)),
            Self::Off(service) => Either::Off(service.call(request)),
        })
    }
}

/// The response of an [`OptionalService`].
#[pin_project]
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct OptionalFuture<L, S>(#[pin] Either<L, S>);

#[pin_project(project = EitherProjected)]
#[derive(Debug)]
enum Either<L, S> {
    On(#[pin] L),
    Off(#[pin] S),
}

impl<L: Future<Output = S::Output>, S: Future> Future for OptionalFuture<L, S> {
    type Output = S::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().0.project() {
            EitherProjected::On(response) => response.poll(cx),
            EitherProjected::Off(response) => response.poll(cx),
        }
    }
}
