use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project::pin_project;

use crate::{
    deadline_value::Deadline,
    error::{Reason, Refusal, Rejected},
    event::{Event, Listeners},
    expiry::{Expired, Expiry},
    meter::{CallMeter, Kind, Meter},
};

pub(super) static KIND: Kind = Kind {
    metric: "resilience_deadline_calls_total",
    help: "Requests by how they ended; expired ones were refused before any work.",
    label: "outcome",
    outcomes: &["answered", "exceeded", "expired", "cancelled"],
};

const ANSWERED: usize = 0;
const EXCEEDED: usize = 1;
const EXPIRED: usize = 2;
const CANCELLED: usize = 3;

/// The response of a [`DeadlineService`](super::DeadlineService).
#[pin_project]
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture<F> {
    #[pin]
    response: Option<Expiry<F>>,
    listeners: Listeners,
    meter: CallMeter,
}

impl<F> ResponseFuture<F> {
    pub(super) const fn running(
        response: F,
        deadline: Deadline,
        listeners: Listeners,
        meter: &'static Meter,
    ) -> Self {
        Self {
            response: Some(Expiry::new(response, deadline.instant())),
            listeners,
            meter: CallMeter::new(meter, CANCELLED),
        }
    }

    pub(super) const fn expired(listeners: Listeners, meter: &'static Meter) -> Self {
        Self { response: None, listeners, meter: CallMeter::new(meter, CANCELLED) }
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
        let (end, reason) = match this.response.as_pin_mut() {
            None => (EXPIRED, Reason::DeadlineExpired),
            Some(response) => match ready!(response.poll(cx)) {
                Ok(result) => {
                    this.meter.end(ANSWERED);
                    return Poll::Ready(result);
                }
                Err(Expired) => (EXCEEDED, Reason::DeadlineExceeded),
            },
        };
        this.meter.end(end);
        let name = this.meter.name();
        this.listeners.emit(&Event::TimedOut { name, reason });
        Poll::Ready(Err(E::from_rejected(Rejected::new(name, reason))))
    }
}
