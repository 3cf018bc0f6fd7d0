use std::time::Duration;

use resilience::{
    AnyError, Error, Name, Ratio,
    budget::{RetryBudget, TokenBudget},
    circuit_breaker::{
        CircuitBreaker, CircuitBreakerLayer, Config, ConfigBuilder, HalfOpen, SlowCall, Window,
        keyed::{
            KeyOf, KeyedCircuitBreaker, KeyedCircuitBreakerHandle, KeyedCircuitBreakerLayer,
            by_number, by_text,
        },
    },
    deadline::{DeadlineLayer, DeadlineService},
    fault::{AnyRequest, FaultLayer, FaultService, FaultSwitch},
    retry::{self, Backoff, OnFailure, Retry, RetryLayer},
    timeout::{Timeout, TimeoutLayer},
};
use tower_layer::Layer;

use super::{ATTEMPT, IN_A_ROW, LONG, MIN_CALLS, SPAN, WHOLE};
use crate::inner::{Down, Echo};

pub(crate) const NAME: Name = Name::from_static("bench");

/// The error of the services inside: our own, which costs nothing to refuse with.
pub(crate) type Failed = Error<Down>;

/// A service that answers at once.
pub(crate) const fn echo() -> Echo<Failed> {
    Echo::ready()
}

/// The settings of a breaker that looks at the last `size` results.
pub(crate) fn count_window(size: u32) -> ConfigBuilder {
    rate(Window::Count { size })
}

/// The settings of a breaker that looks at the last `size` results of each thread.
pub(crate) fn count_per_thread(size: u32) -> ConfigBuilder {
    rate(Window::CountPerThread { size })
}

/// The settings of a breaker that looks at the results of a span.
pub(crate) fn time_window() -> ConfigBuilder {
    rate(Window::Time { span: SPAN, buckets: 10 })
}

fn rate(window: Window) -> ConfigBuilder {
    Config::builder()
        .window(window)
        .min_calls(MIN_CALLS)
        .failure_rate(Ratio::percent(50))
        .open_for(LONG)
        .open_growth(1.0, LONG)
}

/// The settings of a breaker that counts failures in a row and nothing else.
pub(crate) fn consecutive() -> ConfigBuilder {
    Config::builder()
        .no_failure_rate()
        .consecutive_failures(IN_A_ROW)
        .open_for(LONG)
        .open_growth(1.0, LONG)
}

/// The settings of a breaker that times its calls, besides the rate of failures.
pub(crate) fn slow_calls() -> ConfigBuilder {
    time_window().slow_call_rate(Ratio::percent(50), SlowCall::at_least(Duration::from_secs(1)))
}

/// The settings of a breaker that lets one probe through, after a wait of `wait`.
pub(crate) fn one_probe(wait: Duration) -> ConfigBuilder {
    consecutive()
        .open_for(wait)
        .open_growth(1.0, wait)
        .open_jitter(Ratio::ZERO)
        .half_open(HalfOpen::Ratio { successes: 1, of: 1 })
        .half_open_without_limit()
}

/// `inner` behind a breaker.
pub(crate) fn breaker<S>(config: ConfigBuilder, inner: S) -> CircuitBreaker<S, AnyError> {
    let config = config.build().expect("the settings are in their ranges");
    CircuitBreakerLayer::new(NAME, config).layer(inner)
}

/// `inner` behind a breaker for each host, of which there are `others` besides the one that is
/// called.
pub(crate) fn keyed_by_host<S>(
    config: ConfigBuilder,
    others: u64,
    inner: S,
) -> KeyedCircuitBreaker<S, impl KeyOf<u64> + Clone + Send, AnyError> {
    keyed(config, others, by_text(|_: &u64| "users-api.example.org"), inner)
}

/// `inner` behind a breaker for each number below `keys`, which `key` finds.
pub(crate) fn keyed_by_number<S>(
    config: ConfigBuilder,
    keys: u64,
    key: fn(&u64) -> u64,
    inner: S,
) -> KeyedCircuitBreaker<S, impl KeyOf<u64> + Clone + Send, AnyError> {
    keyed(config, keys, by_number(key), inner)
}

fn keyed<S, K: KeyOf<u64> + Clone>(
    config: ConfigBuilder,
    others: u64,
    keys: K,
    inner: S,
) -> KeyedCircuitBreaker<S, K, AnyError> {
    let config = config.build().expect("the settings are in their ranges");
    let layer = KeyedCircuitBreakerLayer::new(NAME, config, keys);
    for key in 0..others {
        layer.handle().breaker(key);
    }
    layer.layer(inner)
}

/// Breakers of so many keys.
pub(crate) fn keyed_handle(config: ConfigBuilder, keys: u64) -> KeyedCircuitBreakerHandle {
    let config = config.build().expect("the settings are in their ranges");
    let handle = KeyedCircuitBreakerHandle::standalone(NAME, config);
    for key in 0..keys {
        handle.breaker(key);
    }
    handle
}

/// Whether a layer of ours refused.
pub(crate) fn is_refusal(error: &Failed) -> bool {
    matches!(error, Error::Rejected(_))
}

/// A budget that lets every call be retried once.
pub(crate) fn budget() -> RetryBudget {
    let config = TokenBudget::builder().ratio(Ratio::percent(100)).build();
    RetryBudget::token(NAME, config.expect("the settings are in their ranges"))
}

/// `inner` behind a retry that does not wait.
pub(crate) fn retry<S: Clone>(inner: S) -> Retry<S, OnFailure> {
    let config = retry::Config::builder().backoff(Backoff::none()).build();
    let config = config.expect("the settings are in their ranges");
    RetryLayer::new(NAME, config).budget(budget()).layer(inner)
}

pub(crate) fn timeout<S>(inner: S) -> Timeout<S> {
    TimeoutLayer::new(NAME, ATTEMPT).layer(inner)
}

pub(crate) fn deadline<S>(inner: S) -> DeadlineService<S> {
    DeadlineLayer::new(NAME, WHOLE).layer(inner)
}

/// `inner` behind fault injection that nobody has armed.
pub(crate) fn idle_fault<S>(inner: S) -> FaultService<S, AnyRequest> {
    FaultLayer::new(NAME, FaultSwitch::new()).layer(inner)
}

/// All layers in the recommended order.
pub(crate) type Stack<S> = DeadlineService<
    Retry<CircuitBreaker<Timeout<FaultService<S, AnyRequest>>, AnyError>, OnFailure>,
>;

pub(crate) fn stack<S: Clone>(inner: S) -> Stack<S> {
    deadline(retry(breaker(time_window(), timeout(idle_fault(inner)))))
}
