use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};

use super::{
    answer::{Answer, End},
    traffic::Flight,
};
use crate::time;

/// The response of a [`Script`](super::Script).
///
/// # Panics
///
/// When the script says so, when polled after it ended, and when an answer with a delay is polled
/// outside a Tokio runtime with its time driver enabled.
#[pin_project]
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture<T, E> {
    due: Option<Instant>,
    #[pin]
    timer: Option<Sleep>,
    /// What is left to happen, and the count that it is under way.
    running: Option<(End<T, E>, Flight)>,
}

impl<T, E> ResponseFuture<T, E> {
    pub(super) fn new(answer: Answer<T, E>, flight: Flight) -> Self {
        let due = answer.delay.map(|delay| time::after(time::read(), delay));
        Self { due, timer: None, running: Some((answer.end, flight)) }
    }
}

impl<T, E> Future for ResponseFuture<T, E> {
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(due) = *this.due {
            if this.timer.is_none() {
                this.timer.set(Some(sleep_until(due)));
            }
            ready!(this.timer.as_mut().as_pin_mut().expect("set above").poll(cx));
            this.timer.set(None);
            *this.due = None;
        }
        // A waker would be of no use: nothing ever wakes this one.
        if let Some((End::Never, _)) = this.running {
            return Poll::Pending;
        }
        let (end, flight) =
            this.running.take().expect("a scripted answer is polled to its end once");
        flight.end();
        match end {
            End::Result(result) => Poll::Ready(result),
            _ => panic!("scripted panic in the future"),
        }
    }
}
