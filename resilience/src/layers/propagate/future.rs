use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project::pin_project;

use crate::{
    error::{Reason, Refusal, Rejected},
    name::Name,
};

/// The response of a [`Propagate`](super::Propagate).
#[pin_project]
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture<F> {
    /// `None` where the request was refused.
    #[pin]
    response: Option<F>,
    name: Name,
}

impl<F> ResponseFuture<F> {
    #[inline]
    pub(super) const fn sent(response: F, name: Name) -> Self {
        Self { response: Some(response), name }
    }

    pub(super) const fn refused(name: Name) -> Self {
        Self { response: None, name }
    }
}

impl<F, T, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: Refusal,
{
    type Output = Result<T, E>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Some(response) = this.response.as_pin_mut() {
            return response.poll(cx);
        }
        let rejected = Rejected::new(*this.name, Reason::DeadlineExpired);
        Poll::Ready(Err(E::from_rejected(rejected)))
    }
}
