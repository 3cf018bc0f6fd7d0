//! A call that ends at an instant: what timeout and deadline do alike.

use std::{
    future::Future,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use pin_project::pin_project;
use tokio::{
    task::coop::unconstrained,
    time::{Instant, Sleep, sleep_until},
};

/// Polls a future until an instant.
#[pin_project]
#[derive(Debug)]
pub(crate) struct Expiry<F> {
    #[pin]
    inner: Option<F>,
    due: Instant,
    #[pin]
    timer: Option<Sleep>,
}

/// The instant came first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expired;

impl<F> Expiry<F> {
    pub(crate) const fn new(inner: F, due: Instant) -> Self {
        Self { inner: Some(inner), due, timer: None }
    }
}

impl<F: Future> Future for Expiry<F> {
    type Output = Result<F::Output, Expired>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();

        // The response goes first: when both are ready in one poll, the work is done and
        // paid for, and the caller should have it.
        let inner = this.inner.as_mut().as_pin_mut().expect("not polled after its end");
        if let Poll::Ready(output) = inner.poll(cx) {
            return Poll::Ready(Ok(output));
        }

        // Armed only now: an answer that is ready at once never pays for a timer.
        if this.timer.is_none() {
            this.timer.set(Some(sleep_until(*this.due)));
        }
        let timer = this.timer.as_pin_mut().expect("armed above");
        // An inner future that never yields uses up Tokio's budget for this task, and a timer
        // that is held to that budget would never be seen to fire.
        ready!(pin!(unconstrained(timer)).poll(cx));
        // Dropped here and not with this future, which its owner may keep.
        this.inner.set(None);
        Poll::Ready(Err(Expired))
    }
}
