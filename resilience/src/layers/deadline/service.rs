use std::{
    task::{Context, Poll},
    time::Duration,
};

use tower_service::Service;

use super::future::{KIND, ResponseFuture};
use crate::{
    carry::Carry,
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
pub struct DeadlineService<S> {
    inner: S,
    limit: Duration,
    listeners: Listeners,
    meter: &'static Meter,
}

impl<S> DeadlineService<S> {
    pub(super) fn new(inner: S, name: Name, limit: Duration, listeners: Listeners) -> Self {
        Self { inner, limit, listeners, meter: Meter::of(&KIND, name) }
    }
}

impl<S, Request> Service<Request> for DeadlineService<S>
where
    S: Service<Request> + Clone,
    S::Error: Refusal,
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
        let deadline = Deadline::at(after(now, self.limit)).shrink(&mut request);
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
