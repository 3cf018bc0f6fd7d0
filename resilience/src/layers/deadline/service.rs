use std::{
    mem,
    task::{Context, Poll},
    time::Duration,
};

use tower_service::Service;

use super::future::{KIND, ResponseFuture};
use crate::{
    carry::Carry, deadline_value::Deadline, error::Refusal, event::Listeners, meter::Meter,
    name::Name, time::Entry,
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
        let _entry = Entry::open();
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let entry = Entry::open();
        let now = entry.now();
        let deadline = match now.checked_add(self.limit) {
            Some(instant) => Deadline::at(instant).shrink(&mut request),
            // A limit past the end of time is none.
            None => Deadline::of(&request).unwrap_or(Deadline::at(now + CENTURY)),
        };
        let listeners = self.listeners.clone();
        if deadline.has_passed(now) {
            // What the inner service reserved for this call must not stay held.
            let fresh = self.inner.clone();
            drop(mem::replace(&mut self.inner, fresh));
            return ResponseFuture::expired(listeners, self.meter);
        }
        // A request type that carries nothing is still held to the limit from here.
        let response = self.inner.call(request);
        ResponseFuture::running(response, deadline, listeners, self.meter)
    }
}

const CENTURY: Duration = Duration::from_hours(24 * 365 * 100);
