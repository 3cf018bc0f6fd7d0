use std::task::{Context, Poll};

use tower_service::Service;

use super::{config::Config, future::ResponseFuture, onward::onward, outbound::Outbound};
use crate::{
    carry::{Carried, Carry},
    deadline_value::Deadline,
    error::{Reason, Refusal},
    event::{Event, Listeners},
    meter::{Kind, Meter},
    name::Name,
    time::Entry,
};

pub(super) static KIND: Kind = Kind {
    metric: "resilience_propagate_calls_total",
    help: "Requests by whether there was time enough to send them.",
    label: "outcome",
    outcomes: &["sent", "refused"],
};

const SENT: usize = 0;
const REFUSED: usize = 1;

/// Tells the service that is asked how much time is left.
///
/// Made by [`PropagateLayer`](super::PropagateLayer).
#[derive(Clone, Debug)]
pub struct Propagate<S, O> {
    inner: S,
    outbound: O,
    config: Config,
    listeners: Listeners,
    meter: &'static Meter,
}

impl<S, O> Propagate<S, O> {
    pub(super) fn new(
        inner: S,
        outbound: O,
        name: Name,
        config: Config,
        listeners: Listeners,
    ) -> Self {
        Self { inner, outbound, config, listeners, meter: Meter::of(&KIND, name) }
    }

    /// Makes `request` say what is left of its time at the instant of `entry`, which is read only
    /// where there is a deadline; `false`: too little is left to send it.
    #[inline]
    fn tell<Request>(&self, request: &mut Request, entry: &Entry) -> bool
    where
        O: Outbound<Request>,
        Request: Carry,
    {
        let Carried { deadline, criticality, .. } = request.carried();
        if let Some(deadline) = deadline.map(Deadline::at) {
            let Some(left) = onward(deadline, entry.now(), self.config.margin) else {
                return false;
            };
            self.outbound.set_time_left(request, left);
        }
        self.outbound.set_criticality(request, criticality);
        true
    }

    #[cold]
    fn report(&self) {
        self.meter.count(REFUSED);
        let (name, reason) = (self.meter.name(), Reason::DeadlineExpired);
        self.listeners.emit(&Event::TimedOut { name, reason });
    }
}

impl<S, O, Request> Service<Request> for Propagate<S, O>
where
    S: Service<Request> + Clone,
    S::Error: Refusal,
    O: Outbound<Request>,
    Request: Carry,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline(always)]
    fn call(&mut self, mut request: Request) -> Self::Future {
        let entry = Entry::open();
        if self.tell(&mut request, &entry) {
            self.meter.count(SENT);
            return ResponseFuture::sent(self.inner.call(request), self.meter.name());
        }
        // What the inner service reserved for this call must not stay held.
        self.inner = self.inner.clone();
        self.report();
        ResponseFuture::refused(self.meter.name())
    }
}
