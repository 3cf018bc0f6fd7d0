use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project::pin_project;

use super::limit::Limit;
use crate::{
    error::{Reason, Refusal, Rejected},
    event::{Event, Listeners},
    expiry::Expiry,
    meter::{CallMeter, Kind, Meter},
    time::Entry,
};

pub(super) static KIND: Kind = Kind {
    metric: "resilience_timeout_calls_total",
    help: "Calls by how they ended.",
    label: "outcome",
    outcomes: &["answered", "timed_out", "deadline_exceeded", "cancelled"],
};

const ANSWERED: usize = 0;
const TIMED_OUT: usize = 1;
const DEADLINE_EXCEEDED: usize = 2;
const CANCELLED: usize = 3;

/// The response of a [`Timeout`](super::Timeout).
#[pin_project]
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture<F> {
    #[pin]
    response: Expiry<F>,
    reason: Reason,
    listeners: Listeners,
    meter: CallMeter,
}

impl<F> ResponseFuture<F> {
    pub(super) const fn new(
        response: F,
        limit: Limit,
        listeners: Listeners,
        meter: &'static Meter,
    ) -> Self {
        Self {
            response: Expiry::new(response, limit.due),
            reason: limit.reason,
            listeners,
            meter: CallMeter::new(meter, CANCELLED),
        }
    }
}

impl<F, T, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: Refusal,
{
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let _entry = Entry::open();
        let this = self.project();
        let result = ready!(this.response.poll(cx));
        if let Ok(result) = result {
            this.meter.end(ANSWERED);
            return Poll::Ready(result);
        }
        let is_limit = *this.reason == Reason::TimedOut;
        this.meter.end(if is_limit { TIMED_OUT } else { DEADLINE_EXCEEDED });
        let name = this.meter.name();
        this.listeners.emit(&Event::TimedOut { name });
        Poll::Ready(Err(E::from_rejected(Rejected::new(name, *this.reason))))
    }
}
