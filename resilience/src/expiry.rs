//! A call that ends at an instant: what timeout and deadline do alike.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};

/// Polls a future until an instant.
#[pin_project]
#[derive(Debug)]
pub(crate) struct Expiry<F> {
    #[pin]
    inner: F,
    due: Instant,
    #[pin]
    timer: Option<Sleep>,
}

/// The instant came first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expired;

impl<F> Expiry<F> {
    pub(crate) const fn new(inner: F, due: Instant) -> Self {
        Self { inner, due, timer: None }
    }
}

impl<F: Future> Future for Expiry<F> {
    type Output = Result<F::Output, Expired>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();

        // The response goes first: when both are ready in one poll, the work is done and
        // paid for, and the caller should have it.
        if let Poll::Ready(output) = this.inner.poll(cx) {
            return Poll::Ready(Ok(output));
        }

        // Armed only now: an answer that is ready at once never pays for a timer.
        if this.timer.is_none() {
            this.timer.set(Some(sleep_until(*this.due)));
        }
        let timer = this.timer.as_pin_mut().expect("armed above");
        timer.poll(cx).map(|()| Err(Expired))
    }
}
