use std::task::{Context, Poll};

use tower_service::Service;

use super::future::ResponseFuture;
use crate::error::Error;

/// A service whose error can carry a rejection.
///
/// Made by [`LiftLayer`](super::LiftLayer).
#[derive(Clone, Copy, Debug)]
pub struct Lift<S> {
    inner: S,
}

impl<S> Lift<S> {
    pub(super) const fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S: Service<Request>, Request> Service<Request> for Lift<S> {
    type Response = S::Response;
    type Error = Error<S::Error>;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(Error::Inner)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        ResponseFuture::new(self.inner.call(request))
    }
}
