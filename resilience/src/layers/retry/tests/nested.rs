//! Retries inside retries.

use std::sync::{Arc, Mutex};

use http::{Request, Response};
use tower::{ServiceExt, service_fn};
use tower_layer::Layer;

use super::{Config, NAME, RetryLayer, config, get};
use crate::{carry::Carry, error::BoxError};

/// What each attempt was told of its number, and whether it is the last.
async fn told(outer: Config, inner: Config) -> Vec<(u32, bool)> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let failing = service_fn(move |request: Request<String>| {
        let carried = request.carried();
        sink.lock().unwrap().push((carried.attempt.get(), carried.is_last_attempt));
        let response = Response::builder().status(503).body(()).unwrap();
        std::future::ready(Ok::<_, BoxError>(response))
    });
    let layer = |config| RetryLayer::http(NAME, config).without_budget();
    layer(outer).layer(layer(inner).layer(failing)).oneshot(get()).await.unwrap();
    let seen = seen.lock().unwrap();
    seen.clone()
}

fn alone(attempts: u32) -> Config {
    let backoff = config(attempts, 1).backoff().clone();
    let config = Config::builder().max_attempts(attempts).backoff(backoff);
    config.stand_down_inside().build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn nested_retries_multiply_unless_those_inside_stand_down() {
    assert_eq!(told(config(3, 1), config(3, 1)).await.len(), 9);
    let alone_told = told(alone(3), config(3, 1)).await;
    assert_eq!(alone_told, [(1, false), (2, false), (3, true)]);
}

#[tokio::test(start_paused = true)]
async fn a_layer_without_retries_of_its_own_makes_none_stand_down() {
    assert_eq!(told(alone(1), config(2, 1)).await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_a_layer_inside_may_repeat_is_not_the_last() {
    let last: Vec<_> = told(config(2, 1), config(2, 1)).await.iter().map(|told| told.1).collect();
    assert_eq!(last[2..], [false, true]);
}
