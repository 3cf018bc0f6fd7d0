use std::{
    sync::Arc,
    task::{Context, Poll},
};

use tower_service::Service;

use super::{
    config::Config,
    future::{Again, ResponseFuture},
    meter::{CALLS, RETRIES},
    policy::Policy,
};
use crate::{
    budget::RetryBudget, carry::Carry, event::Listeners, meter::Meter, name::Name, rng::Rng,
    time::Entry,
};

/// Tries a failed call again.
///
/// Made by [`RetryLayer`](super::RetryLayer).
#[derive(Clone, Debug)]
pub struct Retry<S, P> {
    inner: S,
    shared: Arc<Shared>,
    policy: P,
}

/// What all calls of one layer have in common.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    pub(super) name: Name,
    pub(super) config: Config,
    pub(super) budget: Option<RetryBudget>,
    pub(super) rng: Rng,
    pub(super) listeners: Listeners,
    pub(super) calls: &'static Meter,
    pub(super) retries: &'static Meter,
}

impl Shared {
    pub(super) fn new(name: Name, config: Config, budget: Option<RetryBudget>) -> Self {
        Self {
            name,
            config,
            budget,
            rng: Rng::default(),
            listeners: Listeners::default(),
            calls: Meter::of(&CALLS, name),
            retries: Meter::of(&RETRIES, name),
        }
    }
}

impl<S, P> Retry<S, P> {
    pub(super) const fn new(inner: S, shared: Arc<Shared>, policy: P) -> Self {
        Self { inner, shared, policy }
    }
}

impl<S, P, Request> Service<Request> for Retry<S, P>
where
    S: Service<Request> + Clone,
    P: Policy<Request, S::Response, S::Error> + Clone,
    Request: Carry,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S, P, Request>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        let _entry = Entry::open();
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let entry = Entry::open();
        let shared = Arc::clone(&self.shared);
        if let Some(budget) = &shared.budget {
            budget.deposit(entry.now());
        }
        let deadline = request.carried().deadline;
        let copy =
            (shared.config.max_attempts > 1).then(|| self.policy.clone_request(&request)).flatten();
        // The clone has no readiness: each retry asks for its own. A request that cannot be
        // sent twice needs none.
        let again = copy.map(|request| Again { request, service: self.inner.clone() });
        let response = self.inner.call(request);
        ResponseFuture::new(response, again, self.policy.clone(), shared, deadline)
    }
}
