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
    /// `None` when the instant has come, or had before the call.
    #[pin]
    inner: Option<F>,
    #[pin]
    timer: Timer,
}

/// Armed only when a call is not ready at once: one that is never pays for it.
#[pin_project(project = TimerProjection)]
#[derive(Debug)]
enum Timer {
    Due(Instant),
    Armed(#[pin] Sleep),
}

/// The instant came first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expired {
    /// The call was not made.
    Before,
    Since,
}

impl<F> Expiry<F> {
    /// `inner` is `None` where the instant has passed already.
    #[inline]
    pub(crate) const fn new(inner: Option<F>, due: Instant) -> Self {
        Self { inner, timer: Timer::Due(due) }
    }
}

impl<F: Future> Future for Expiry<F> {
    type Output = Result<F::Output, Expired>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();

        // The response goes first: when both are ready in one poll, the work is done and
        // paid for, and the caller should have it.
        let Some(inner) = this.inner.as_mut().as_pin_mut() else {
            return Poll::Ready(Err(Expired::Before));
        };
        if let Poll::Ready(output) = inner.poll(cx) {
            return Poll::Ready(Ok(output));
        }

        ready!(this.timer.poll(cx));
        // Dropped here and not with this future, which its owner may keep.
        this.inner.set(None);
        Poll::Ready(Err(Expired::Since))
    }
}

impl Timer {
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Self::Due(due) = *self {
            self.set(Self::Armed(sleep_until(due)));
        }
        let TimerProjection::Armed(sleep) = self.project() else { unreachable!("armed above") };
        // An inner future that never yields uses up Tokio's budget for this task, and a timer
        // that is held to that budget would never be seen to fire.
        pin!(unconstrained(sleep)).poll(cx)
    }
}
