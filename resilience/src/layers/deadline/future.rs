use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project::pin_project;

use crate::{
    error::{Reason, Refusal, Rejected},
    event::{Event, Listeners},
    expiry::{Expired, Expiry},
    meter::{CANCELLED, CallMeter, Kind, Meter},
};

pub(super) static KIND: Kind = Kind {
    metric: "resilience_deadline_calls_total",
    help: "Requests by how they ended; expired ones were refused before any work.",
    label: "outcome",
    outcomes: &["answered", "exceeded", "expired", "cancelled"],
};

const _: () = assert!(matches!(KIND.outcomes[CANCELLED].as_bytes(), b"cancelled"));

const ANSWERED: usize = 0;
const EXCEEDED: usize = 1;
const EXPIRED: usize = 2;

/// The response of a [`DeadlineService`](super::DeadlineService).
///
/// # Panics
///
/// When it is polled after its end.
#[pin_project]
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture<F> {
    #[pin]
    response: Expiry<F>,
    listeners: Listeners,
    meter: CallMeter,
}

impl<F> ResponseFuture<F> {
    #[inline]
    pub(super) const fn new(
        response: Expiry<F>,
        listeners: Listeners,
        meter: &'static Meter,
    ) -> Self {
        Self { response, listeners, meter: CallMeter::new(meter) }
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
        let (end, reason) = match ready!(this.response.poll(cx)) {
            Ok(result) => {
                this.meter.end(ANSWERED);
                return Poll::Ready(result);
            }
            Err(Expired::Before) => (EXPIRED, Reason::DeadlineExpired),
            Err(Expired::Since) => (EXCEEDED, Reason::DeadlineExceeded),
        };
        let name = this.meter.name();
        this.meter.end(end);
        this.listeners.emit(&Event::TimedOut { name, reason });
        Poll::Ready(Err(E::from_rejected(Rejected::new(name, reason))))
    }
}
