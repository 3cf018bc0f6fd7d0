use std::{sync::Arc, time::Duration};

use tower_layer::Layer;
use tower_resilience::{
    chaos::{Chaos, ChaosLayer, NoErrorInjection},
    circuitbreaker::{
        CircuitBreaker, CircuitBreakerConfigBuilder, CircuitBreakerError, CircuitBreakerLayer,
        DefaultClassifier, SlidingWindowType,
    },
    retry::{Retry, RetryBudget, RetryBudgetBuilder, RetryLayer},
    timelimiter::{FixedTimeout, TimeLimiter, TimeLimiterError, TimeLimiterLayer},
};

use super::{ATTEMPT, IN_A_ROW, LONG, MIN_CALLS, WHOLE};
use crate::inner::Down;

pub(crate) const NAME: &str = "tower-resilience";

type Builder = CircuitBreakerConfigBuilder<DefaultClassifier>;

fn rate() -> Builder {
    CircuitBreakerLayer::builder()
        .failure_rate_threshold(0.5)
        .minimum_number_of_calls(count(MIN_CALLS))
        .wait_duration_in_open(LONG)
}

pub(crate) fn count_window(size: u32) -> Builder {
    rate().sliding_window_type(SlidingWindowType::CountBased).sliding_window_size(count(size))
}

pub(crate) fn time_window(span: Duration) -> Builder {
    rate().sliding_window_type(SlidingWindowType::TimeBased).sliding_window_duration(span)
}

pub(crate) fn consecutive() -> Builder {
    CircuitBreakerLayer::builder().consecutive_failures(count(IN_A_ROW)).wait_duration_in_open(LONG)
}

pub(crate) fn slow_calls(size: u32) -> Builder {
    count_window(size)
        .slow_call_duration_threshold(Duration::from_secs(1))
        .slow_call_rate_threshold(0.5)
}

pub(crate) fn one_probe(wait: Duration) -> Builder {
    consecutive().wait_duration_in_open(wait).permitted_calls_in_half_open(1)
}

pub(crate) fn breaker<S>(config: Builder, inner: S) -> CircuitBreaker<S, DefaultClassifier> {
    config.build().expect("the settings are in their ranges").layer(inner)
}

pub(crate) fn is_refusal(error: &CircuitBreakerError<Down>) -> bool {
    error.is_circuit_open()
}

pub(crate) fn count(number: u32) -> usize {
    usize::try_from(number).expect("a usize has 32 bits or more")
}

/// A budget that takes a deposit of one retry for each call.
pub(crate) fn budget() -> Arc<dyn RetryBudget> {
    let budget = RetryBudgetBuilder::new().token_bucket().tokens_per_second(10.0).max_tokens(100);
    budget.build().expect("the settings are in their ranges")
}

/// `inner` behind a retry, which takes every error to be worth it.
pub(crate) fn retry<S, E: Send + 'static>(inner: S) -> Retry<S, u64, u64, E> {
    let layer = RetryLayer::<u64, u64, E>::builder().max_attempts(3).budget(budget()).build();
    layer.layer(inner)
}

pub(crate) fn timeout<S>(limit: Duration, inner: S) -> TimeLimiter<S, FixedTimeout> {
    TimeLimiterLayer::builder().timeout_duration(limit).build().layer(inner)
}

/// `inner` behind chaos that has nothing to do.
pub(crate) fn idle_fault<S>(inner: S) -> Chaos<S, NoErrorInjection> {
    ChaosLayer::builder().build().layer(inner)
}

type Attempt<S> =
    CircuitBreaker<TimeLimiter<Chaos<S, NoErrorInjection>, FixedTimeout>, DefaultClassifier>;
type AttemptError = CircuitBreakerError<TimeLimiterError<Down>>;

/// The layers in the order of ours. Its window is of calls, because that of time grows with them.
pub(crate) fn stack<S>(
    inner: S,
) -> TimeLimiter<Retry<Attempt<S>, u64, u64, AttemptError>, FixedTimeout> {
    timeout(WHOLE, retry(breaker(count_window(100), timeout(ATTEMPT, idle_fault(inner)))))
}
