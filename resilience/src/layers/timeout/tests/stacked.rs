//! What the place of a timeout in a stack means.

use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

use super::*;
use crate::{
    BoxError,
    circuit_breaker::{self, CircuitBreakerLayer, State},
    retry::{self, Backoff, RetryLayer},
};

/// Never answers.
fn hanging() -> impl Service<(), Response = (), Error = BoxError, Future: Send> + Clone {
    service_fn(|(): ()| std::future::pending::<Result<(), BoxError>>())
}

fn retry() -> RetryLayer {
    let config = retry::Config::builder().max_attempts(3).backoff(Backoff::none());
    RetryLayer::new(NAME, config.build().unwrap()).without_budget()
}

fn breaker() -> CircuitBreakerLayer {
    let config = circuit_breaker::Config::builder().consecutive_failures(1);
    CircuitBreakerLayer::new(Name::from_static("timeout-stacked"), config.build().unwrap())
}

#[tokio::test(start_paused = true)]
async fn inside_a_retry_it_bounds_each_attempt_and_outside_all_of_them() {
    let inside = ServiceBuilder::new().layer(retry()).layer(TimeoutLayer::new(NAME, LIMIT));
    let start = Instant::now();
    inside.service(hanging()).oneshot(()).await.unwrap_err();
    assert_eq!(start.elapsed(), 3 * LIMIT);

    let outside = ServiceBuilder::new()
        .layer(TimeoutLayer::new(NAME, LIMIT * 5 / 2))
        .layer(retry())
        .layer(TimeoutLayer::new(NAME, LIMIT));
    let start = Instant::now();
    outside.service(hanging()).oneshot(()).await.unwrap_err();
    assert_eq!(start.elapsed(), LIMIT * 5 / 2, "in the middle of the third attempt");
}

#[tokio::test(start_paused = true)]
async fn a_breaker_outside_counts_a_timeout_as_a_failure_and_one_inside_sees_a_dropped_call() {
    let breaker_outside = breaker();
    let handle = breaker_outside.handle();
    let stack = ServiceBuilder::new().layer(breaker_outside).layer(TimeoutLayer::new(NAME, LIMIT));
    stack.service(hanging()).oneshot(()).await.unwrap_err();
    assert_eq!(handle.snapshot().state, State::Open);

    let breaker_inside = breaker();
    let handle = breaker_inside.handle();
    let stack = ServiceBuilder::new().layer(TimeoutLayer::new(NAME, LIMIT)).layer(breaker_inside);
    stack.service(hanging()).oneshot(()).await.unwrap_err();
    assert_eq!(handle.snapshot().state, State::Closed, "which says nothing of the service");
}
