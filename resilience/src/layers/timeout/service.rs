use std::{
    task::{Context, Poll},
    time::Duration,
};

use tower_service::Service;

use super::{
    future::{KIND, ResponseFuture},
    limit::Limit,
};
use crate::{
    carry::{Carried, Carry},
    deadline_value::Deadline,
    error::{Reason, Refusal},
    event::Listeners,
    meter::Meter,
    name::Name,
    time::Entry,
};

/// Rejects a call that has not answered within a limit.
///
/// Made by [`TimeoutLayer`](super::TimeoutLayer).
#[derive(Clone, Debug)]
pub struct Timeout<S> {
    inner: S,
    settings: Settings,
    listeners: Listeners,
    meter: &'static Meter,
}

/// What a layer gives to its services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) name: Name,
    pub(super) limit: Duration,
    pub(super) spares_last_attempt: bool,
}

impl<S> Timeout<S> {
    pub(super) fn new(inner: S, settings: Settings, listeners: Listeners) -> Self {
        Self { inner, settings, listeners, meter: Meter::of(&KIND, settings.name) }
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
        let is_spared = is_last_attempt && self.settings.spares_last_attempt;
        let allowed = if is_spared { Duration::MAX } else { self.settings.limit };
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
