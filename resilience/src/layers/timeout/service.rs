use std::{
    task::{Context, Poll},
    time::Duration,
};

use tower_service::Service;

use super::{
    future::{KIND, ResponseFuture},
    layer::TimeoutLayer,
    limit::Limit,
};
use crate::{
    carry::{Carried, Carry},
    deadline_value::Deadline,
    error::{Reason, Refusal},
    event::Listeners,
    meter::Meter,
    time::Entry,
};

/// Rejects a call that has not answered within a limit.
///
/// Made by [`TimeoutLayer`](super::TimeoutLayer).
#[derive(Clone, Debug)]
pub struct Timeout<S> {
    inner: S,
    limit: Duration,
    spares_last_attempt: bool,
    listeners: Listeners,
    meter: &'static Meter,
}

impl<S> Timeout<S> {
    pub(super) fn new(inner: S, layer: &TimeoutLayer) -> Self {
        let meter = Meter::of(&KIND, layer.name);
        meter.limit().made(layer.limit);
        Self {
            inner,
            limit: layer.limit,
            spares_last_attempt: layer.spares_last_attempt,
            listeners: layer.listeners.clone(),
            meter,
        }
    }
}

impl<S, Request> Service<Request> for Timeout<S>
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
    fn call(&mut self, request: Request) -> Self::Future {
        let entry = Entry::open();
        let Carried { deadline, is_last_attempt, .. } = request.carried();
        let is_spared = is_last_attempt && self.spares_last_attempt;
        let allowed = if is_spared { Duration::MAX } else { self.meter.limit().or(self.limit) };
        let limit = Limit::new(entry.now(), allowed, deadline.map(Deadline::at));
        let response = if limit.reason() == Reason::DeadlineExpired {
            // What the inner service reserved for this call must not stay held.
            self.inner = self.inner.clone();
            None
        } else {
            Some(self.inner.call(request))
        };
        ResponseFuture::new(response, limit, self.listeners.clone(), self.meter)
    }
}
