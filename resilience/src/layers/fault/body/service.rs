use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use super::{BodyResponseFuture, FaultBody, Source};

/// Injects faults into the bodies of answers.
///
/// Made by [`FaultBodyLayer`](super::FaultBodyLayer).
#[derive(Clone, Debug)]
pub struct FaultBodyService<S> {
    inner: S,
    source: Source,
}

impl<S> FaultBodyService<S> {
    pub(super) const fn new(inner: S, source: Source) -> Self {
        Self { inner, source }
    }
}

impl<S, A, B> Service<Request<A>> for FaultBodyService<S>
where
    S: Service<Request<A>, Response = Response<B>>,
{
    type Response = Response<FaultBody<B>>;
    type Error = S::Error;
    type Future = BodyResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let damage = self.source.damage(&request);
        BodyResponseFuture::new(self.inner.call(request), damage)
    }
}
