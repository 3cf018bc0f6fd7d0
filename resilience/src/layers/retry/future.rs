use std::{
    future::Future,
    num::NonZeroU32,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project::pin_project;
use tokio::time::{Sleep, sleep_until};
use tower_service::Service;

use super::{
    choose_budget::Payer,
    config::WhenNotReady,
    course::Course,
    meter::{AFTER_RETRY, FIRST_ATTEMPT, GIVEN_UP, MADE},
    policy::{Decision, Policy, Replay},
    service::Shared,
};
use crate::{
    attempt_span,
    budget::{Granted, InFlight},
    carry::Carry,
    event::GaveUp,
    holders::Hold,
    meter::CallMeter,
    time::{Reading, after},
};

/// The retries that one poll makes at most.
///
/// Attempts that are ready at once, with no wait between them, would never let the executor and
/// the layers outside, a deadline among them, have their turn.
const RETRIES_PER_POLL: u32 = 32;

/// The response of a [`Retry`](super::Retry).
///
/// # Panics
///
/// When it is polled after its end.
#[pin_project]
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture<S: Service<Request>, P, Request, B = ()> {
    #[pin]
    state: State<S::Future, Result<S::Response, S::Error>>,
    again: Option<Again<S, Request>>,
    policy: P,
    shared: Hold<Shared>,
    course: Course,
    paid: Paid<B>,
    meter: CallMeter,
}

/// What the budget knows of a call.
#[derive(Debug)]
pub(super) struct Paid<B> {
    pub(super) in_flight: Option<InFlight>,
    pub(super) retry: Option<Granted>,
    pub(super) payer: B,
}

impl<B> Paid<B> {
    /// The call came to its end without success.
    #[inline]
    fn failed(&mut self) {
        self.retry = None;
        self.in_flight = None;
    }

    /// The call came to its end; only a budget by cost asks how.
    #[inline]
    fn ended(&mut self, succeeded: impl FnOnce() -> bool) {
        let asks = self.in_flight.as_ref().is_some_and(InFlight::asks)
            || self.retry.as_ref().is_some_and(Granted::asks);
        if asks && succeeded() { self.succeeded() } else { self.failed() }
    }

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
enum State<F, T> {
    Calling(#[pin] F),
    /// `last` is what the last attempt came to, where the retry may still be given up.
    Waiting {
        #[pin]
        sleep: Sleep,
        last: Option<T>,
    },
    Readying {
        last: Option<T>,
    },
    /// Nothing is sent any more, whoever polls.
    Done,
}

impl<S: Service<Request>, P, Request, B> ResponseFuture<S, P, Request, B> {
    #[inline]
    pub(super) fn new(
        response: S::Future,
        again: Option<Again<S, Request>>,
        policy: P,
        shared: Hold<Shared>,
        course: Course,
        paid: Paid<B>,
    ) -> Self {
        let meter = CallMeter::new(shared.calls);
        Self { state: State::Calling(response), again, policy, shared, course, paid, meter }
    }
}

impl<S, P, Request, B> Future for ResponseFuture<S, P, Request, B>
where
    S: Service<Request>,
    P: Policy<Request, S::Response, S::Error>,
    Request: Carry,
    B: Payer,
{
    type Output = Result<S::Response, S::Error>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let mut made = 0;
        loop {
            match this.state.as_mut().project() {
                StateProjection::Calling(response) => {
                    let result = ready!(response.poll(cx));
                    // An attempt takes time, also one that is ready in the poll that began it.
                    let reading = Reading::default();
                    // It has ended when it is dropped: then it holds no permit of the service
                    // any more, nor the body of the request.
                    this.state.set(State::Done);
                    let number = this.course.number();
                    let decision = this.policy.decide(result.as_ref(), &this.course.made());
                    let Decision::Retry { wait } = decision else {
                        let is_first = number == NonZeroU32::MIN;
                        this.meter.end(if is_first { FIRST_ATTEMPT } else { AFTER_RETRY });
                        this.paid.ended(|| this.policy.is_success(result.as_ref()));
                        return Poll::Ready(result);
                    };
                    let may_resend = || {
                        let may = |again: &Again<S, Request>| {
                            this.policy.may_resend(&again.request, result.as_ref())
                        };
                        this.again.as_ref().is_some_and(may)
                    };
                    // The retry that ends here makes room for the one to come.
                    drop(this.paid.retry.take());
                    let cause = || this.policy.cause(result.as_ref());
                    let now = || reading.now();
                    let payer = &this.paid.payer;
                    let next = this.shared.next(*this.course, wait, may_resend, cause, now, payer);
                    match next {
                        Ok((delay, granted)) => {
                            this.paid.retry = granted;
                            this.course.advance(delay);
                            // As a rule it is dropped before the wait, and what it holds is free.
                            let is_kept =
                                this.shared.live.config().when_not_ready == WhenNotReady::IsGivenUp;
                            let last = is_kept.then_some(result);
                            this.state.set(if delay.is_zero() {
                                State::Readying { last }
                            } else {
                                let sleep = sleep_until(after(reading.now(), delay));
                                State::Waiting { sleep, last }
                            });
                        }
                        Err(reason) => {
                            this.shared.give_up(number.get(), reason);
                            this.meter.end(GIVEN_UP);
                            this.paid.failed();
                            return Poll::Ready(this.policy.give_up(result, reason));
                        }
                    }
                }
                StateProjection::Waiting { sleep, last } => {
                    ready!(sleep.poll(cx));
                    let last = last.take();
                    this.state.set(State::Readying { last });
                }
                StateProjection::Readying { last } => {
                    if made == RETRIES_PER_POLL {
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    let again = this.again.as_mut().expect("no retry is planned without it");
                    let ready = again.service.poll_ready(cx);
                    let ended = match (ready, last.take()) {
                        (Poll::Ready(Ok(())), _) => None,
                        (Poll::Ready(Err(error)), _) => Some(Err(error)),
                        (Poll::Pending, None) => return Poll::Pending,
                        (Poll::Pending, Some(last)) => {
                            let attempts = this.course.number().get() - 1;
                            this.shared.give_up(attempts, GaveUp::NotReady);
                            Some(this.policy.give_up(last, GaveUp::NotReady))
                        }
                    };
                    if let Some(result) = ended {
                        this.state.set(State::Done);
                        this.meter.end(GIVEN_UP);
                        this.paid.failed();
                        return Poll::Ready(result);
                    }
                    made += 1;
                    this.state.set(State::Done);
                    this.shared.retries.count(MADE);
                    let response = attempt(this.again, this.policy, *this.course);
                    this.state.set(State::Calling(response));
                }
                StateProjection::Done => panic!("the response of a retry was polled after its end"),
            }
        }
    }
}

/// Makes the next attempt, keeping a copy of the request unless it is the last.
fn attempt<S, P, Request>(
    again: &mut Option<Again<S, Request>>,
    policy: &P,
    course: Course,
) -> S::Future
where
    S: Service<Request>,
    P: Policy<Request, S::Response, S::Error>,
    Request: Carry,
{
    let Again { mut request, mut service } = again.take().expect("no retry is planned without it");
    let replay = if course.is_last() { Replay::Never } else { policy.replay(&request) };
    let mut carried = request.carried();
    carried.attempt = course.number();
    carried.is_last_attempt = matches!(replay, Replay::Never);
    request.set_carried(carried);
    let told = attempt_span::after(course.waited());
    let response = service.call(request);
    drop(told);
    if let Replay::Copy(request) = replay {
        *again = Some(Again { request, service });
    }
    response
}

impl<S: Service<Request>, P, Request, B> std::fmt::Debug for ResponseFuture<S, P, Request, B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseFuture")
            .field("attempt", &self.course.number())
            .finish_non_exhaustive()
    }
}
