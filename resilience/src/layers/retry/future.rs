use std::{
    future::Future,
    num::NonZeroU32,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use pin_project::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};
use tower_service::Service;

use super::{
    meter::{AFTER_RETRY, CANCELLED, FIRST_ATTEMPT, GIVEN_UP, MADE},
    policy::{Attempt, Decision, Policy, Replay, Wait},
    service::Shared,
};
use crate::{
    budget::{Cause, Granted, InFlight},
    carry::Carry,
    deadline_value::Deadline,
    event::{Event, GaveUp},
    meter::CallMeter,
    time::{Reading, after},
};

/// The response of a [`Retry`](super::Retry).
#[pin_project]
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture<S: Service<Request>, P, Request> {
    #[pin]
    state: State<S::Future>,
    again: Option<Again<S, Request>>,
    policy: P,
    shared: Arc<Shared>,
    limits: Limits,
    paid: Paid,
    attempt: NonZeroU32,
    /// The last wait, which the next one may depend on.
    waited: Option<Duration>,
    meter: CallMeter,
}

/// When a call ends, and when its retries do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) deadline: Option<Deadline>,
    /// When the call began, where that matters.
    pub(super) began: Option<Instant>,
}

/// What the budget knows of a call.
#[derive(Debug)]
pub(super) struct Paid {
    pub(super) in_flight: Option<InFlight>,
    pub(super) retry: Option<Granted>,
}

impl Paid {
    /// The call came to its end without success.
    fn failed(&mut self) {
        self.retry = None;
        self.in_flight = None;
    }

    /// The call came to an end that is worth no other attempt.
    fn succeeded(&mut self) {
        match (self.retry.take(), self.in_flight.take()) {
            (Some(retry), _) => retry.succeeded(),
            (None, Some(first)) => first.succeeded(),
            (None, None) => {}
        }
    }
}

/// What another attempt needs.
#[derive(Debug)]
pub(super) struct Again<S, Request> {
    pub(super) request: Request,
    pub(super) service: S,
}

#[pin_project(project = StateProjection)]
enum State<F> {
    Calling(#[pin] F),
    Waiting(#[pin] Sleep),
    Readying,
}

impl<S: Service<Request>, P, Request> ResponseFuture<S, P, Request> {
    pub(super) fn new(
        response: S::Future,
        again: Option<Again<S, Request>>,
        policy: P,
        shared: Arc<Shared>,
        limits: Limits,
        paid: Paid,
    ) -> Self {
        let meter = CallMeter::new(shared.calls, CANCELLED);
        let state = State::Calling(response);
        let attempt = NonZeroU32::MIN;
        Self { state, again, policy, shared, limits, paid, attempt, waited: None, meter }
    }
}

impl<S, P, Request> Future for ResponseFuture<S, P, Request>
where
    S: Service<Request>,
    P: Policy<Request, S::Response, S::Error>,
    Request: Carry,
{
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let reading = Reading::default();
        let mut this = self.project();
        loop {
            match this.state.as_mut().project() {
                StateProjection::Calling(response) => {
                    let result = ready!(response.poll(cx));
                    let made = Attempt { number: *this.attempt, deadline: this.limits.deadline };
                    let decision = this.policy.decide(result.as_ref(), &made);
                    let Decision::Retry { wait } = decision else {
                        let is_first = *this.attempt == NonZeroU32::MIN;
                        this.meter.end(if is_first { FIRST_ATTEMPT } else { AFTER_RETRY });
                        this.paid.succeeded();
                        return Poll::Ready(result);
                    };
                    let (can_repeat, waited) = (this.again.is_some(), *this.waited);
                    let plan = Plan {
                        shared: this.shared,
                        made,
                        began: this.limits.began,
                        can_repeat,
                        waited,
                    };
                    // The retry that ends here makes room for the one to come.
                    drop(this.paid.retry.take());
                    let cause = || this.policy.cause(result.as_ref());
                    match plan.next(wait, cause, || reading.now()) {
                        Ok((delay, granted)) => {
                            this.paid.retry = granted;
                            *this.waited = Some(delay);
                            // Dropped before the wait, so that what it holds is free meanwhile.
                            drop(result);
                            *this.attempt = this.attempt.saturating_add(1);
                            this.state.set(if delay.is_zero() {
                                State::Readying
                            } else {
                                State::Waiting(sleep_until(after(reading.now(), delay)))
                            });
                        }
                        Err(reason) => {
                            plan.give_up(reason);
                            this.meter.end(GIVEN_UP);
                            this.paid.failed();
                            return Poll::Ready(this.policy.give_up(result, reason));
                        }
                    }
                }
                StateProjection::Waiting(sleep) => {
                    ready!(sleep.poll(cx));
                    this.state.set(State::Readying);
                }
                StateProjection::Readying => {
                    let again = this.again.as_mut().expect("no retry is planned without it");
                    if let Err(error) = ready!(again.service.poll_ready(cx)) {
                        this.meter.end(GIVEN_UP);
                        this.paid.failed();
                        return Poll::Ready(Err(error));
                    }
                    let is_last = this.attempt.get() >= this.shared.config.max_attempts;
                    let response = attempt(this.again, this.policy, *this.attempt, is_last);
                    this.state.set(State::Calling(response));
                }
            }
        }
    }
}

/// Makes the next attempt, keeping a copy of the request unless it is the last.
fn attempt<S, P, Request>(
    again: &mut Option<Again<S, Request>>,
    policy: &P,
    number: NonZeroU32,
    is_last: bool,
) -> S::Future
where
    S: Service<Request>,
    P: Policy<Request, S::Response, S::Error>,
    Request: Carry,
{
    let Again { mut request, mut service } = again.take().expect("no retry is planned without it");
    let replay = if is_last { Replay::Never } else { policy.replay(&request) };
    let mut carried = request.carried();
    carried.attempt = number;
    carried.is_last_attempt = is_last;
    request.set_carried(carried);
    let response = service.call(request);
    if let Replay::Copy(request) = replay {
        *again = Some(Again { request, service });
    }
    response
}

/// What decides whether another attempt is made.
struct Plan<'a> {
    shared: &'a Shared,
    made: Attempt,
    began: Option<Instant>,
    can_repeat: bool,
    waited: Option<Duration>,
}

impl Plan<'_> {
    /// The wait before the next attempt, paid for from the budget.
    fn next(
        &self,
        wait: Wait,
        cause: impl FnOnce() -> Cause,
        now: impl Fn() -> Instant,
    ) -> Result<(Duration, Option<Granted>), GaveUp> {
        let Shared { config, budget, rng, .. } = self.shared;
        let attempt = self.made.number.get();
        if attempt >= config.max_attempts {
            return Err(GaveUp::Attempts);
        }
        if let (Some(began), Some(most)) = (self.began, config.max_elapsed)
            && now().saturating_duration_since(began) >= most
        {
            return Err(GaveUp::Elapsed);
        }
        if !self.can_repeat {
            return Err(GaveUp::NotReplayable);
        }
        let backoff = || config.backoff.delay(self.made.number, self.waited, || rng.draw());
        let delay = match wait {
            Wait::Backoff => backoff(),
            Wait::AtLeast(asked) if asked > config.retry_after_at_most => {
                return Err(GaveUp::RetryAfter);
            }
            Wait::AtLeast(asked) => backoff().max(asked),
            Wait::Exactly(wait) => wait,
        };
        if let Some(deadline) = self.made.deadline
            && delay >= deadline.remaining(now())
        {
            return Err(GaveUp::Deadline);
        }
        // The budget comes last: a retry that is not made must not be paid for.
        let granted = match budget {
            Some(budget) => Some(budget.withdraw(now(), cause()).ok_or(GaveUp::Budget)?),
            None => None,
        };
        self.shared.retries.count(MADE);
        let event =
            Event::Retried { name: self.shared.name, attempt: attempt.saturating_add(1), delay };
        self.shared.listeners.emit(&event);
        Ok((delay, granted))
    }

    fn give_up(&self, reason: GaveUp) {
        self.shared.retries.count(MADE + 1 + reason as usize);
        let (name, attempts) = (self.shared.name, self.made.number.get());
        self.shared.listeners.emit(&Event::GaveUp { name, attempts, reason });
    }
}

impl<S: Service<Request>, P, Request> std::fmt::Debug for ResponseFuture<S, P, Request> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseFuture").field("attempt", &self.attempt).finish_non_exhaustive()
    }
}
