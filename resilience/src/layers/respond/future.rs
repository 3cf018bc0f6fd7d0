use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::Response;
use pin_project::pin_project;

use super::answer::answer;
use crate::error::{Error, Rejected};

/// The response of a [`Respond`](super::Respond).
#[pin_project]
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture<F> {
    #[pin]
    state: State<F>,
}

#[pin_project(project = StateProjection)]
#[derive(Debug)]
enum State<F> {
    Running(#[pin] F),
    Rejected(Rejected),
}

impl<F> ResponseFuture<F> {
    pub(super) const fn running(response: F) -> Self {
        Self { state: State::Running(response) }
    }

    pub(super) const fn rejected(rejected: Rejected) -> Self {
        Self { state: State::Rejected(rejected) }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, Error<E>>>,
    B: From<String>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let result = match self.project().state.project() {
            StateProjection::Rejected(rejected) => Err(Error::Rejected(rejected.clone())),
            StateProjection::Running(response) => ready!(response.poll(cx)),
        };
        Poll::Ready(match result {
            Ok(response) => Ok(response),
            Err(Error::Rejected(rejected)) => Ok(answer(&rejected)),
            Err(Error::Inner(error)) => Err(error),
        })
    }
}
