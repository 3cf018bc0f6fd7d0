use std::task::{Context, Poll, ready};

use http::Response;
use tower_service::Service;

use super::future::ResponseFuture;
use crate::error::{Error, Rejected};

/// Answers over HTTP for a service that can reject.
///
/// Made by [`RespondLayer`](super::RespondLayer).
#[derive(Debug)]
pub struct Respond<S> {
    inner: S,
    /// A rejection that came instead of readiness, to be answered by the next call.
    unready: Option<Rejected>,
}

impl<S> Respond<S> {
    pub(super) const fn new(inner: S) -> Self {
        Self { inner, unready: None }
    }
}

impl<S: Clone> Clone for Respond<S> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone())
    }
}

impl<S, Request, B, E> Service<Request> for Respond<S>
where
    S: Service<Request, Response = Response<B>, Error = Error<E>>,
    B: From<String>,
{
    type Response = Response<B>;
    type Error = E;
    type Future = ResponseFuture<S::Future>;

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
        match self.unready.take() {
            Some(rejected) => ResponseFuture::rejected(rejected),
            None => ResponseFuture::running(self.inner.call(request)),
        }
    }
}
