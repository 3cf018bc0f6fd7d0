use std::{
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project::pin_project;

use super::{describe::Describe, span::AttemptSpan};
use crate::error::Refusal;

/// The response of a [`Trace`](super::Trace).
#[pin_project]
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture<F, D, Request> {
    #[pin]
    response: F,
    /// `None` where nobody sees it. Boxed: most have none, and it is half as long as a whole call.
    attempt: Option<Box<AttemptSpan>>,
    describe: D,
    request: PhantomData<fn(Request)>,
}

impl<F, D, Request> ResponseFuture<F, D, Request> {
    #[inline]
    pub(super) const fn unseen(response: F, describe: D) -> Self {
        Self { response, attempt: None, describe, request: PhantomData }
    }

    pub(super) const fn seen(response: F, attempt: Box<AttemptSpan>, describe: D) -> Self {
        Self { response, attempt: Some(attempt), describe, request: PhantomData }
    }
}

impl<F, D, Request, T, E> Future for ResponseFuture<F, D, Request>
where
    F: Future<Output = Result<T, E>>,
    D: Describe<Request, T>,
    E: Refusal,
{
    type Output = Result<T, E>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(attempt) = this.attempt else {
            return this.response.poll(cx);
        };
        let result = ready!(attempt.watch(|span| span.in_scope(|| this.response.poll(cx))));
        if let Some(attempt) = this.attempt.take() {
            (*attempt).end(this.describe, result.as_ref());
        }
        Poll::Ready(result)
    }
}

impl<F: fmt::Debug, D, Request> fmt::Debug for ResponseFuture<F, D, Request> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture")
            .field("response", &self.response)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}
