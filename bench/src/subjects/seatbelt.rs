use std::time::Duration;

use seatbelt::{
    RecoveryInfo, ResilienceContext,
    breaker::{Breaker, HalfOpenMode},
    chaos::injection::Injection,
    retry::Retry,
    timeout::Timeout,
};
use tick::Clock;
use tower_layer::Layer;

use super::{ATTEMPT, LONG, MIN_CALLS, SPAN, WHOLE};
use crate::inner::Down;

pub(crate) const NAME: &str = "seatbelt";
pub(crate) const COARSE: &str = "seatbelt, coarse clock";

/// What a layer of seatbelt says where it has no error of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failed {
    Inner,
    Refused,
    TimedOut,
}

impl crate::inner::Failure for Failed {
    fn down() -> Self {
        Self::Inner
    }
}

impl From<Down> for Failed {
    fn from(_: Down) -> Self {
        Self::Inner
    }
}

pub(crate) type Context = ResilienceContext<u64, Result<u64, Failed>>;

/// The clock that reads the time as ours does.
pub(crate) fn exact() -> Context {
    ResilienceContext::new(Clock::new_tokio())
}

/// The clock that reads the time of the last tick of the kernel.
pub(crate) fn coarse() -> Context {
    ResilienceContext::new(Clock::new_tokio().with_fast_instant(true))
}

type Answered = Result<u64, Failed>;
type Layered<S> = Breaker<u64, Answered, S>;

pub(crate) fn breaker<S>(context: &Context, wait: Duration, inner: S) -> Layered<S> {
    Breaker::layer("bench", context)
        .recovery_with(|result: &Result<u64, Failed>, _| match result {
            Ok(_) => RecoveryInfo::never(),
            Err(_) => RecoveryInfo::retry(),
        })
        .rejected_input_error(|_, _| Failed::Refused)
        .failure_threshold(0.5)
        .min_throughput(MIN_CALLS)
        .sampling_duration(SPAN)
        .break_duration(wait)
        .half_open_mode(HalfOpenMode::quick())
        .layer(inner)
}

pub(crate) fn closed<S>(context: &Context, inner: S) -> Layered<S> {
    breaker(context, LONG, inner)
}

pub(crate) fn is_refusal(error: &Failed) -> bool {
    *error == Failed::Refused
}

/// `inner` behind a retry that does not wait. It has no budget.
pub(crate) fn retry<S>(context: &Context, inner: S) -> Retry<u64, Answered, S> {
    Retry::layer("bench", context)
        .clone_input()
        .recovery_with(|result: &Answered, _| match result {
            Ok(_) => RecoveryInfo::never(),
            Err(_) => RecoveryInfo::retry(),
        })
        .base_delay(Duration::ZERO)
        .layer(inner)
}

pub(crate) fn timeout<S>(
    context: &Context,
    limit: Duration,
    inner: S,
) -> Timeout<u64, Answered, S> {
    Timeout::layer("bench", context).timeout(limit).timeout_error(|_| Failed::TimedOut).layer(inner)
}

/// `inner` behind fault injection at a rate of nothing.
pub(crate) fn idle_fault<S>(context: &Context, inner: S) -> Injection<u64, Answered, S> {
    Injection::layer("bench", context).rate(0.0).output_error(Failed::Inner).layer(inner)
}

type Attempt<S> = Layered<Timeout<u64, Answered, Injection<u64, Answered, S>>>;

/// The layers in the order of ours, without a budget.
pub(crate) fn stack<S>(
    context: &Context,
    inner: S,
) -> Timeout<u64, Answered, Retry<u64, Answered, Attempt<S>>> {
    let attempt = timeout(context, ATTEMPT, idle_fault(context, inner));
    timeout(context, WHOLE, retry(context, closed(context, attempt)))
}
