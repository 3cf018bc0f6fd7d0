use std::{
    num::NonZeroU32,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::Instant;
use tower_service::Service;

use super::{
    config::{Config, Inside},
    course::Course,
    future::{Again, Paid, ResponseFuture},
    meter::{CALLS, MADE, RETRIES},
    policy::{Policy, Replay, Wait},
};
use crate::{
    budget::{Cause, Granted, RetryBudget},
    carry::{Carried, Carry},
    deadline_value::Deadline,
    event::{Event, GaveUp, Listeners},
    meter::Meter,
    name::Name,
    rng::Rng,
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

    /// The wait before the attempt that follows on this `course`, paid for from the budget.
    pub(super) fn next(
        &self,
        course: Course,
        wait: Wait,
        may_resend: impl FnOnce() -> bool,
        cause: impl FnOnce() -> Cause,
        now: impl Fn() -> Instant,
    ) -> Result<(Duration, Option<Granted>), GaveUp> {
        course.goes_on(&self.config, &now)?;
        if !may_resend() {
            return Err(GaveUp::NotReplayable);
        }
        let delay = course.wait(&self.config, wait, || self.rng.draw(), &now)?;
        // The budget comes last: a retry that is not made must not be paid for.
        let granted = match &self.budget {
            Some(budget) => Some(budget.withdraw(now(), cause()).ok_or(GaveUp::Budget)?),
            None => None,
        };
        let attempt = course.number().get().saturating_add(1);
        self.listeners.emit(&Event::Retried { name: self.name, attempt, delay });
        Ok((delay, granted))
    }

    /// No retry follows the last of so many `attempts`.
    pub(super) fn give_up(&self, attempts: u32, reason: GaveUp) {
        self.retries.count(MADE + 1 + reason as usize);
        self.listeners.emit(&Event::GaveUp { name: self.name, attempts, reason });
    }

    /// Says of the first attempt what layers inside should know; `false`: nothing that is not
    /// said. A request carries nothing until a layer has something to say.
    fn tell(&self, carried: &mut Carried, max_attempts: u32) -> bool {
        let before = *carried;
        // Who stands down leaves the word to the layer that retries.
        if !before.stands_down {
            carried.is_last_attempt = max_attempts == 1;
            carried.stands_down = max_attempts > 1 && self.config.inside == Inside::StandDown;
        }
        *carried != before
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
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let entry = Entry::open();
        let shared = Arc::clone(&self.shared);
        let mut carried = request.carried();
        // Retries of a layer outside are no traffic that could pay for more of them.
        let in_flight = shared
            .budget
            .as_ref()
            .filter(|_| carried.attempt == NonZeroU32::MIN)
            .map(|budget| budget.begin(entry.now()));
        let max_attempts = if carried.stands_down { 1 } else { shared.config.max_attempts };
        if shared.tell(&mut carried, max_attempts) {
            request.set_carried(carried);
        }
        let replay = if max_attempts > 1 { self.policy.replay(&request) } else { Replay::Never };
        let again = match replay {
            Replay::Never => None,
            // The clone has no readiness: each retry asks for its own. A request that cannot be
            // sent twice needs none.
            Replay::Copy(request) => Some(Again { request, service: self.inner.clone() }),
        };
        let response = self.inner.call(request);
        let deadline = carried.deadline.map(Deadline::at);
        let began = shared.config.max_elapsed.map(|_| entry.now());
        let paid = Paid { in_flight, retry: None };
        ResponseFuture::new(
            response,
            again,
            self.policy.clone(),
            shared,
            Course::new(max_attempts, deadline, began),
            paid,
        )
    }
}
