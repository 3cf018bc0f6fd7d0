use std::{
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::Response;
use pin_project::pin_project;

use super::{Damage, FaultBody};

/// The response of a [`FaultBodyService`](super::FaultBodyService).
#[pin_project]
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct BodyResponseFuture<F> {
    #[pin]
    response: F,
    /// What the body is going to meet.
    damage: Damage,
}

impl<F> BodyResponseFuture<F> {
    pub(super) const fn new(response: F, damage: Damage) -> Self {
        Self { response, damage }
    }
}

impl<F, B, E> Future for BodyResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<FaultBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.response.poll(cx));
        // A call that fails has no body, and its place is free.
        let damage = mem::take(this.damage);
        Poll::Ready(result.map(|mut response| {
            damage.mark(response.headers_mut());
            response.map(|body| FaultBody::new(body, damage))
        }))
    }
}
