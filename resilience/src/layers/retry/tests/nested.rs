//! Retries inside retries.

use std::sync::{Arc, Mutex};

use http::{Request, Response};
use tower::{ServiceExt, service_fn};
use tower_layer::Layer;

use super::{Config, NAME, RetryLayer, config, get};
use crate::{
    carry::Carry,
    error::BoxError,
    retry::{Attempt, Decision, Policy, Replay, Wait},
};

/// What each attempt was told of its number, and whether it is the last.
async fn told(outer: Config, inner: Config) -> Vec<(u32, bool)> {
    let layer = RetryLayer::http(NAME, outer).without_budget();
    told_below(layer, inner).await
}

async fn told_below<P>(outer: RetryLayer<P>, inner: Config) -> Vec<(u32, bool)>
where
    P: Policy<Request<String>, Response<()>, BoxError> + Clone,
{
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let failing = service_fn(move |request: Request<String>| {
        let carried = request.carried();
        sink.lock().unwrap().push((carried.attempt.get(), carried.is_last_attempt));
        let response = Response::builder().status(503).body(()).unwrap();
        std::future::ready(Ok::<_, BoxError>(response))
    });
    let inner = RetryLayer::http(NAME, inner).without_budget();
    outer.layer(inner.layer(failing)).oneshot(get()).await.unwrap();
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

/// Retries everything of which it makes copies, so many in all.
#[derive(Clone, Default)]
struct Copies(Arc<Mutex<usize>>);

impl Policy<Request<String>, Response<()>, BoxError> for Copies {
    fn replay(&self, request: &Request<String>) -> Replay<Request<String>> {
        let mut left = self.0.lock().unwrap();
        let Some(fewer) = left.checked_sub(1) else { return Replay::Never };
        *left = fewer;
        Replay::Copy(request.clone())
    }

    fn decide(&self, _: Result<&Response<()>, &BoxError>, _: &Attempt) -> Decision {
        Decision::Retry { wait: Wait::Backoff }
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_of_which_there_is_no_copy_is_the_last() {
    for (copies, expected) in [
        (0, vec![(1, true)]),
        (1, vec![(1, false), (2, true)]),
        (9, told(alone(3), alone(1)).await),
    ] {
        let policy = Copies(Arc::new(Mutex::new(copies)));
        let layer = RetryLayer::with_policy(NAME, alone(3), policy).without_budget();
        assert_eq!(told_below(layer, config(1, 1)).await, expected, "{copies} copies");
    }
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_can_send_a_request_but_once_makes_none_stand_down() {
    let layer = RetryLayer::with_policy(NAME, alone(3), Copies::default()).without_budget();
    assert_eq!(told_below(layer, config(2, 1)).await.len(), 2);
}
