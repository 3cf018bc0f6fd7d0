use std::task::{Context, Poll, ready};

use http::Response;
use tower_service::Service;

use super::{answer::Answer, future::ResponseFuture, problem::Problem};
use crate::error::{Error, Rejected};

/// Answers over HTTP for a service that can reject.
///
/// Made by [`RespondLayer`](super::RespondLayer) and
/// [`RespondWithLayer`](super::RespondWithLayer).
#[derive(Debug)]
pub struct Respond<S, A = Problem> {
    inner: S,
    answer: A,
    /// A rejection that came instead of readiness, to be answered by the next call.
    unready: Option<Rejected>,
}

impl<S, A> Respond<S, A> {
    pub(super) const fn new(inner: S, answer: A) -> Self {
        Self { inner, answer, unready: None }
    }
}

impl<S: Clone, A: Clone> Clone for Respond<S, A> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.answer.clone())
    }
}

impl<S, A, Request, B, E> Service<Request> for Respond<S, A>
where
    S: Service<Request, Response = Response<B>, Error = Error<E>>,
    A: Answer<B> + Clone,
{
    type Response = Response<B>;
    type Error = E;
    type Future = ResponseFuture<S::Future, A>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        // Of several answers the last one counts: a rejection may be over by now.
        self.unready = match ready!(self.inner.poll_ready(cx)) {
            Ok(()) => None,
            Err(Error::Rejected(rejected)) => Some(rejected),
            Err(Error::Inner(error)) => return Poll::Ready(Err(error)),
        };
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let answer = self.answer.clone();
        match self.unready.take() {
            Some(rejected) => ResponseFuture::rejected(rejected, answer),
            None => ResponseFuture::running(self.inner.call(request), answer),
        }
    }
}
