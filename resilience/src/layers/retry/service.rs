use std::{
    any::Any,
    num::NonZeroU32,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::Instant;
use tower_service::Service;

use super::{
    choose_budget::{ChooseBudget, OneBudget, Payer},
    config::Config,
    course::Course,
    future::{Again, Paid, ResponseFuture},
    handle::RetryHandle,
    live::{Head, Live},
    meter::{CALLS, MADE, RETRIES},
    policy::{Policy, Replay, Wait},
};
#[cfg(feature = "keyed")]
use crate::budget::keyed::KeyedRetryBudget;
use crate::{
    budget::{Cause, Granted, RetryBudget},
    carry::{Carried, Carry},
    deadline_value::Deadline,
    event::{Event, GaveUp, Listeners},
    holders::Holders,
    meter::Meter,
    name::Name,
    registry::Instance,
    rng::Rng,
    time::Entry,
};

/// Tries a failed call again.
///
/// Made by [`RetryLayer`](super::RetryLayer).
#[derive(Clone, Debug)]
pub struct Retry<S, P, B = OneBudget> {
    inner: S,
    shared: Holders<Shared>,
    policy: P,
    budgets: B,
}

/// What all calls of one layer have in common.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    pub(super) name: Name,
    pub(super) live: Live,
    /// That of all requests.
    pub(super) budget: Option<RetryBudget>,
    /// Those of their keys, in place of it. For who looks: a service has them beside its keys.
    #[cfg(feature = "keyed")]
    pub(super) keyed_budget: Option<KeyedRetryBudget>,
    pub(super) rng: Rng,
    pub(super) listeners: Listeners,
    pub(super) calls: &'static Meter,
    pub(super) retries: &'static Meter,
}

impl Shared {
    pub(super) fn new(name: Name, config: Config, budget: Option<RetryBudget>) -> Self {
        Self {
            name,
            live: Live::new(config),
            budget,
            #[cfg(feature = "keyed")]
            keyed_budget: None,
            rng: Rng::default(),
            listeners: Listeners::default(),
            calls: Meter::of(&CALLS, name),
            retries: Meter::of(&RETRIES, name),
        }
    }

    /// The wait before the attempt that follows on this `course`, paid for from the budget of the
    /// `payer`.
    #[inline]
    pub(super) fn next(
        &self,
        course: Course,
        wait: Wait,
        may_resend: impl FnOnce() -> bool,
        cause: impl FnOnce() -> Cause,
        now: impl Fn() -> Instant,
        payer: &impl Payer,
    ) -> Result<(Duration, Option<Granted>), GaveUp> {
        let config = self.live.config();
        course.goes_on(&config, &now)?;
        if !may_resend() {
            return Err(GaveUp::NotReplayable);
        }
        let delay = course.wait(&config, wait, || self.rng.draw(), &now)?;
        // The budget comes last: a retry that is not made must not be paid for.
        let granted = match payer.of(self.budget.as_ref()) {
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

    /// What layers inside should know of the first attempt; `None`: nothing that is not said. A
    /// request carries nothing until a layer has something to say.
    #[inline]
    fn word(head: Head, carried: Carried, may_follow: bool) -> Option<Carried> {
        // Who stands down leaves the word to the layer that retries.
        if carried.stands_down {
            return None;
        }
        let word = Carried {
            is_last_attempt: !may_follow,
            stands_down: may_follow && head.stands_down_inside(),
            ..carried
        };
        (word != carried).then_some(word)
    }
}

impl Instance for Shared {
    fn handle(self: Arc<Self>, _: Name) -> Box<dyn Any + Send> {
        Box::new(RetryHandle::new(self))
    }
}

impl<S, P, B> Retry<S, P, B> {
    pub(super) const fn new(inner: S, shared: Holders<Shared>, policy: P, budgets: B) -> Self {
        Self { inner, shared, policy, budgets }
    }
}

impl<S, P, B, Request> Service<Request> for Retry<S, P, B>
where
    S: Service<Request> + Clone,
    P: Policy<Request, S::Response, S::Error> + Clone,
    B: ChooseBudget<Request>,
    Request: Carry,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S, P, Request, B::Chosen>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline(always)]
    fn call(&mut self, mut request: Request) -> Self::Future {
        let entry = Entry::open();
        let shared = &*self.shared;
        let head = shared.live.head();
        let began = head.is_timed().then(|| entry.now());
        let carried = request.carried();
        let payer = self.budgets.choose(&request);
        // Retries of a layer outside are no traffic that could pay for more of them.
        let in_flight = payer
            .of(shared.budget.as_ref())
            .filter(|_| carried.attempt == NonZeroU32::MIN)
            .map(|budget| budget.begin(entry.now()));
        let max_attempts = if carried.stands_down { 1 } else { head.max_attempts() };
        let replay = if max_attempts > 1 { self.policy.replay(&request) } else { Replay::Never };
        let mut again = match replay {
            Replay::Never => None,
            // The clone has no readiness: each retry asks for its own. A request that cannot be
            // sent twice needs none.
            Replay::Copy(request) => Some(Again { request, service: self.inner.clone() }),
        };
        // Only a request of which there is a copy can have another attempt.
        if let Some(word) = Shared::word(head, carried, again.is_some()) {
            request.set_carried(word);
            if let Some(again) = &mut again {
                again.request.set_carried(word);
            }
        }
        let deadline = carried.deadline.map(Deadline::at);
        let course = Course::new(max_attempts, deadline, began);
        let paid = Paid { in_flight, retry: None, payer };
        let (policy, shared) = (self.policy.clone(), self.shared.hold());
        ResponseFuture::new(self.inner.call(request), again, policy, shared, course, paid)
    }
}
