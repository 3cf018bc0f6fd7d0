use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use pin_project::pin_project;

use super::limit::{self, Limit};
use crate::{
    error::{Reason, Refusal},
    event::{Event, Listeners},
    expiry::{Expired, Expiry},
    meter::{CANCELLED, CallMeter, Kind, Meter},
};

pub(super) static KIND: Kind = Kind {
    metric: "resilience_timeout_calls_total",
    help: "Calls by how they ended; expired ones were refused before they were sent.",
    label: "outcome",
    outcomes: &["answered", "timed_out", "deadline_exceeded", "cancelled", "expired"],
};

const _: () = assert!(matches!(KIND.outcomes[CANCELLED].as_bytes(), b"cancelled"));

const ANSWERED: usize = 0;
const TIMED_OUT: usize = 1;
const DEADLINE_EXCEEDED: usize = 2;
const EXPIRED: usize = 4;

/// The response of a [`Timeout`](super::Timeout).
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
    /// The time allowed, where it is what ends the call and not the request's deadline.
    own: Option<Duration>,
    listeners: Listeners,
    meter: CallMeter,
}

impl<F> ResponseFuture<F> {
    /// Without a `response` the call is refused by `limit`, else ended by it.
    #[inline]
    pub(super) const fn new(
        response: Option<F>,
        limit: Limit,
        listeners: Listeners,
        meter: &'static Meter,
    ) -> Self {
        let response = Expiry::new(response, limit.due());
        Self { response, own: limit.own(), listeners, meter: CallMeter::new(meter) }
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
        let expired = match ready!(this.response.poll(cx)) {
            Ok(result) => {
                this.meter.end(ANSWERED);
                return Poll::Ready(result);
            }
            Err(expired) => expired,
        };
        let (end, reason) = match (expired, *this.own) {
            (_, Some(_)) => (TIMED_OUT, Reason::TimedOut),
            (Expired::Since, None) => (DEADLINE_EXCEEDED, Reason::DeadlineExceeded),
            (Expired::Before, None) => (EXPIRED, Reason::DeadlineExpired),
        };
        let name = this.meter.name();
        this.meter.end(end);
        this.listeners.emit(&Event::TimedOut { name, reason });
        Poll::Ready(Err(E::from_rejected(limit::rejected(name, reason, *this.own))))
    }
}
