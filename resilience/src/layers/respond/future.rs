use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::Response;
use pin_project::pin_project;

use super::{answer::Answer, problem::Problem};
use crate::error::{Error, Rejected};

/// The response of a [`Respond`](super::Respond).
#[pin_project]
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture<F, A = Problem> {
    #[pin]
    state: State<F>,
    answer: A,
}

#[pin_project(project = StateProjection)]
#[derive(Debug)]
enum State<F> {
    Running(#[pin] F),
    Rejected(Rejected),
}

impl<F, A> ResponseFuture<F, A> {
    pub(super) const fn running(response: F, answer: A) -> Self {
        Self { state: State::Running(response), answer }
    }

    pub(super) const fn rejected(rejected: Rejected, answer: A) -> Self {
        Self { state: State::Rejected(rejected), answer }
    }
}

impl<F, A, B, E> Future for ResponseFuture<F, A>
where
    F: Future<Output = Result<Response<B>, Error<E>>>,
    A: Answer<B>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = match this.state.project() {
            StateProjection::Rejected(rejected) => Err(Error::Rejected(rejected.clone())),
            StateProjection::Running(response) => ready!(response.poll(cx)),
        };
        Poll::Ready(match result {
            Ok(response) => Ok(response),
            Err(Error::Rejected(rejected)) => Ok(this.answer.answer(&rejected)),
            Err(Error::Inner(error)) => Err(error),
        })
    }
}
