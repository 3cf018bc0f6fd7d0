//! Attempts that follow each other in one poll, and what the future does after its end.

use std::{
    future::{Future, Ready, ready},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll},
};

use tokio::time::{Instant, advance};
use tokio_test::{assert_pending, assert_ready_err, task};
use tower::{Service, ServiceExt, service_fn};
use tower_layer::Layer;

use super::{MS, NAME, config, gave_up, get};
use crate::{
    budget::{RetryBudget, TokenBudget},
    deadline::DeadlineLayer,
    deadline_value::Deadline,
    error::{BoxError, Reason, Refusal},
    event::GaveUp,
    ratio::Ratio,
    retry::{Backoff, Config, ConfigBuilder, RetryLayer},
};

/// Fails at once, and yet takes a millisecond.
#[derive(Clone, Default)]
struct Failing {
    calls: Arc<AtomicU32>,
}

impl<Request> Service<Request> for Failing {
    type Response = ();
    type Error = BoxError;
    type Future = Ready<Result<(), BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request) -> Self::Future {
        assert!(self.calls.fetch_add(1, Ordering::Relaxed) < 1_000, "nothing ends it");
        // The clock is moved by its first poll; the rest would be a pause.
        assert_pending!(task::spawn(advance(MS)).poll());
        ready(Err("down".into()))
    }
}

fn endless() -> ConfigBuilder {
    Config::builder().unlimited_attempts().backoff(Backoff::none())
}

#[tokio::test(start_paused = true)]
async fn attempts_at_once_see_the_time_that_they_take() {
    let limited = endless().max_elapsed(20 * MS).build().unwrap();
    let unlimited = endless().build().unwrap();
    for (config, reason) in [(limited, GaveUp::Elapsed), (unlimited, GaveUp::Deadline)] {
        let (layer, seen) = gave_up(RetryLayer::new(NAME, config).without_budget());
        let service = Failing::default();
        let start = Instant::now();
        let mut request = get();
        Deadline::at(start + 30 * MS).shrink(&mut request);
        let mut call = task::spawn(layer.layer(service.clone()).oneshot(request));
        assert_ready_err!(call.poll(), "within one poll");
        let attempts = if reason == GaveUp::Elapsed { 20 } else { 30 };
        assert_eq!(*seen.lock().unwrap(), [(reason, attempts)]);
        assert_eq!(start.elapsed(), attempts * MS);
    }
}

#[tokio::test(start_paused = true)]
async fn a_poll_makes_32_attempts_and_asks_for_another() {
    let service = Failing::default();
    let layer = RetryLayer::new(NAME, endless().build().unwrap()).without_budget();
    let mut call = task::spawn(layer.layer(service.clone()).oneshot(()));
    for polls in 1..=3 {
        assert_pending!(call.poll());
        assert!(call.is_woken());
        // The attempt that is not made by a retry comes on top.
        assert_eq!(service.calls.load(Ordering::Relaxed), 1 + 32 * polls);
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_outside_ends_attempts_at_once_though_nobody_tells_of_it() {
    let retry = RetryLayer::new(NAME, endless().build().unwrap()).without_budget();
    // The request has no room for what layers tell each other.
    let service = DeadlineLayer::new(NAME, 50 * MS).layer(retry.layer(Failing::default()));
    let error = service.oneshot(()).await.unwrap_err();
    assert_eq!(error.as_rejected().unwrap().reason(), Reason::DeadlineExceeded);
}

/// Whether polling `call` once more after its end panics.
fn panics_when_polled_again(mut call: task::Spawn<impl Future>) -> bool {
    let again = std::panic::AssertUnwindSafe(|| drop(call.poll()));
    let panic = std::panic::catch_unwind(again).err();
    panic.is_some_and(|panic| {
        panic.downcast_ref::<&str>().is_some_and(|text| text.contains("polled after its end"))
    })
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_once_the_call_has_come_to_its_end() {
    let empty = TokenBudget::builder().min_per_sec(0).ratio(Ratio::ZERO).build().unwrap();
    let budget = RetryBudget::token(NAME, empty);
    let sent = Failing::default();
    let mut service = RetryLayer::new(NAME, config(3, 0)).budget(budget).layer(sent.clone());
    let mut call = task::spawn(service.call(()));
    assert_ready_err!(call.poll(), "given up");
    assert!(panics_when_polled_again(call));
    assert_eq!(sent.calls.load(Ordering::Relaxed), 1);

    let echo = service_fn(async |n: u32| Ok::<_, BoxError>(n));
    let mut call = task::spawn(RetryLayer::new(NAME, config(3, 0)).layer(echo).call(7));
    assert!(call.poll().is_ready());
    assert!(panics_when_polled_again(call), "it succeeded");
}
