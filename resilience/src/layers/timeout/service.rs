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
    carry::Carry,
    error::{Reason, Refusal},
    event::Listeners,
    expiry::Expiry,
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
    limit: Duration,
    listeners: Listeners,
    meter: &'static Meter,
}

impl<S> Timeout<S> {
    pub(super) fn new(inner: S, name: Name, limit: Duration, listeners: Listeners) -> Self {
        Self { inner, limit, listeners, meter: Meter::of(&KIND, name) }
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

    fn call(&mut self, request: Request) -> Self::Future {
        let entry = Entry::open();
        let limit = Limit::new(entry.now(), self.limit, request.carried().deadline);
        let response = if limit.reason == Reason::DeadlineExpired {
            // What the inner service reserved for this call must not stay held.
            self.inner = self.inner.clone();
            None
        } else {
            Some(Expiry::new(self.inner.call(request), limit.due))
        };
        ResponseFuture::new(response, limit.reason, self.listeners.clone(), self.meter)
    }
}
