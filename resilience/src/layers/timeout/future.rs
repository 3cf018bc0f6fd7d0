use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project::pin_project;

use super::limit::Limit;
use crate::{
    error::{Reason, Refusal},
    event::{Event, Listeners},
    expiry::Expiry,
    meter::{CallMeter, Kind, Meter},
};

pub(super) static KIND: Kind = Kind {
    metric: "resilience_timeout_calls_total",
    help: "Calls by how they ended; expired ones were refused before they were sent.",
    label: "outcome",
    outcomes: &["answered", "timed_out", "deadline_exceeded", "cancelled", "expired"],
};

const ANSWERED: usize = 0;
const TIMED_OUT: usize = 1;
const DEADLINE_EXCEEDED: usize = 2;
const CANCELLED: usize = 3;
const EXPIRED: usize = 4;

/// The response of a [`Timeout`](super::Timeout).
#[pin_project]
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture<F> {
    #[pin]
    response: Option<Expiry<F>>,
    limit: Limit,
    listeners: Listeners,
    meter: CallMeter,
}

impl<F> ResponseFuture<F> {
    /// Without a `response` the call is refused by `limit`, else ended by it.
    pub(super) const fn new(
        response: Option<Expiry<F>>,
        limit: Limit,
        listeners: Listeners,
        meter: &'static Meter,
    ) -> Self {
        Self { response, limit, listeners, meter: CallMeter::new(meter, CANCELLED) }
    }
}

impl<F, T, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: Refusal,
{
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Some(response) = this.response.as_pin_mut()
            && let Ok(result) = ready!(response.poll(cx))
        {
            this.meter.end(ANSWERED);
            return Poll::Ready(result);
        }
        let (name, reason) = (this.meter.name(), this.limit.reason());
        this.meter.end(match reason {
            Reason::DeadlineExpired => EXPIRED,
            Reason::DeadlineExceeded => DEADLINE_EXCEEDED,
            _ => TIMED_OUT,
        });
        this.listeners.emit(&Event::TimedOut { name, reason });
        Poll::Ready(Err(E::from_rejected(this.limit.rejected(name))))
    }
}
