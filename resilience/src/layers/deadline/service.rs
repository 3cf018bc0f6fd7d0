use std::{
    task::{Context, Poll},
    time::Duration,
};

use tower_service::Service;

use super::{
    future::{KIND, ResponseFuture},
    inbound::{Inbound, Unread},
};
use crate::{
    carry::{Carried, Carry},
    deadline_value::Deadline,
    error::Refusal,
    event::Listeners,
    expiry::Expiry,
    meter::Meter,
    name::Name,
    time::{Entry, after},
};

/// Rejects a request at its deadline.
///
/// Made by [`DeadlineLayer`](super::DeadlineLayer).
#[derive(Clone, Debug)]
pub struct DeadlineService<S, I = Unread> {
    inner: S,
    inbound: I,
    limit: Duration,
    listeners: Listeners,
    meter: &'static Meter,
}

impl<S, I> DeadlineService<S, I> {
    pub(super) fn new(
        inner: S,
        inbound: I,
        name: Name,
        limit: Duration,
        listeners: Listeners,
    ) -> Self {
        let meter = Meter::of(&KIND, name);
        meter.limit().made(limit);
        Self { inner, inbound, limit, listeners, meter }
    }
}

impl<S, I, Request> Service<Request> for DeadlineService<S, I>
where
    S: Service<Request> + Clone,
    S::Error: Refusal,
    I: Inbound<Request>,
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
        let now = entry.now();
        let own = self.meter.limit().or(self.limit);
        let limit = self.inbound.time_left(&request).map_or(own, |it| it.min(own));
        if let Some(criticality) = self.inbound.criticality(&request) {
            let carried = request.carried();
            request.set_carried(Carried { criticality, ..carried });
        }
        let deadline = Deadline::at(after(now, limit)).shrink(&mut request);
        let listeners = self.listeners.clone();
        let response = if deadline.has_passed(now) {
            // What the inner service reserved for this call must not stay held.
            self.inner = self.inner.clone();
            None
        } else {
            // A request type that carries nothing is still held to the limit from here.
            Some(self.inner.call(request))
        };
        ResponseFuture::new(Expiry::new(response, deadline.instant()), listeners, self.meter)
    }
}
