//! What ends the retrying, and what is told of it.

use std::{
    future::{Ready, ready},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll},
};

use http::{Request, Response};
use tokio::time::{Duration, Instant};
use tokio_test::{assert_pending, task};
use tower::{Service, ServiceBuilder, ServiceExt, load_shed, service_fn};
use tower_layer::Layer;

use super::{MS, NAME, Script, config, gave_up, get};
use crate::{
    carry::Carry,
    deadline::DeadlineLayer,
    deadline_value::Deadline,
    error::{BoxError, Reason, Refusal, Rejected},
    event::GaveUp,
    meter::Meter,
    name::Name,
    outcome::Outcome,
    retry::{Config, OnFailure, RetryLayer, meter},
};

/// Answers 503 with a `Retry-After` of two seconds, then 200.
fn unavailable() -> impl Service<Request<String>, Response = Response<()>, Error = BoxError> + Clone
{
    let calls = Arc::new(Mutex::new(0));
    service_fn(move |_: Request<String>| {
        let mut calls = calls.lock().unwrap();
        *calls += 1;
        let response = Response::builder().status(if *calls == 1 { 503 } else { 200 });
        ready(Ok(response.header("retry-after", "2").body(()).unwrap()))
    })
}

#[tokio::test(start_paused = true)]
async fn a_service_that_says_for_how_long_it_is_down_is_asked_again_after_that() {
    let start = Instant::now();
    let service = RetryLayer::http(NAME, config(2, 1)).layer(unavailable());
    assert_eq!(service.oneshot(get()).await.unwrap().status(), 200);
    assert_eq!(start.elapsed(), 2_000 * MS);

    let start = Instant::now();
    let service = RetryLayer::http(NAME, config(2, 3_000)).layer(unavailable());
    assert_eq!(service.oneshot(get()).await.unwrap().status(), 200);
    assert_eq!(start.elapsed(), 3_000 * MS, "the backoff is longer");
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_asked_for_is_not_begun_past_the_cap_or_the_deadline() {
    let capped = Config::builder().retry_after_at_most(1_999 * MS).build().unwrap();
    for (config, deadline, reason) in
        [(capped, 60_000 * MS, GaveUp::RetryAfter), (config(2, 1), 2_000 * MS, GaveUp::Deadline)]
    {
        let start = Instant::now();
        let (layer, seen) = gave_up(RetryLayer::http(NAME, config));
        let mut request = get();
        Deadline::at(start + deadline).shrink(&mut request);
        let response = layer.layer(unavailable()).oneshot(request).await.unwrap();
        assert_eq!((response.status().as_u16(), start.elapsed()), (503, Duration::ZERO));
        assert_eq!(*seen.lock().unwrap(), [(reason, 1)]);
        assert_eq!(response.extensions().get(), Some(&reason), "the answer tells it, too");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pushback_above_the_cap_is_a_reason_to_give_up() {
    let service = |pushback: &'static str| {
        service_fn(move |request: Request<String>| {
            let status = if request.carried().attempt.get() == 1 { 503 } else { 200 };
            let response = Response::builder().status(status);
            let response = response.header("grpc-retry-pushback-ms", pushback).body(()).unwrap();
            ready(Ok::<_, BoxError>(response))
        })
    };
    let config = Config::builder().retry_after_at_most(2_000 * MS).build().unwrap();
    let (layer, seen) = gave_up(RetryLayer::http(NAME, config));
    let start = Instant::now();
    let response = layer.layer(service("2001")).oneshot(get()).await.unwrap();
    assert_eq!((response.status().as_u16(), start.elapsed()), (503, Duration::ZERO));
    assert_eq!(*seen.lock().unwrap(), [(GaveUp::RetryAfter, 1)]);
    let response = layer.layer(service("2000")).oneshot(get()).await.unwrap();
    assert_eq!((response.status().as_u16(), start.elapsed()), (200, 2_000 * MS));
}

#[tokio::test(start_paused = true)]
async fn no_wait_begins_that_would_not_end_in_the_time_for_retries() {
    for (max_elapsed, attempts) in [(600, 1), (601, 2), (1_800, 2), (1_801, 3)] {
        let backoff = config(3, 600).backoff().clone();
        let config = Config::builder().backoff(backoff).max_elapsed(max_elapsed * MS);
        let (layer, seen) = gave_up(RetryLayer::http(NAME, config.build().unwrap()));
        let script = Script::new([Ok(503), Ok(503)]);
        let start = Instant::now();
        layer.layer(script.clone()).oneshot(get()).await.unwrap();
        assert_eq!(script.times(start), [0, 600, 1_800][..attempts]);
        assert_eq!(start.elapsed().as_millis(), script.times(start)[attempts - 1], "not slept");
        let elapsed = (attempts < 3).then(|| (GaveUp::Elapsed, u32::try_from(attempts).unwrap()));
        assert_eq!(seen.lock().unwrap().first().copied(), elapsed);
    }
}

#[tokio::test(start_paused = true)]
async fn the_reason_is_counted_and_an_answer_carries_it() {
    let name = Name::from_static("retry-reasons");
    let layer = RetryLayer::http(name, config(2, 1));
    let response = layer.layer(Script::new([Ok(503), Ok(503)])).oneshot(get()).await.unwrap();
    assert_eq!(response.extensions().get(), Some(&GaveUp::Attempts));
    let response = layer.layer(Script::new([Ok(503)])).oneshot(get()).await.unwrap();
    assert_eq!(response.extensions().get::<GaveUp>(), None, "it succeeded");
    let retries = Meter::of(&meter::RETRIES, name);
    let attempts = meter::MADE + 1 + GaveUp::Attempts as usize;
    assert_eq!((retries.total(meter::MADE), retries.total(attempts)), (2, 1));
    let calls = Meter::of(&meter::CALLS, name);
    assert_eq!((calls.total(meter::GIVEN_UP), calls.total(meter::AFTER_RETRY)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn no_refusal_by_a_layer_inside_is_retried() {
    let refusals = [Reason::CircuitOpen, Reason::ProbesTaken, Reason::DeadlineExpired];
    for reason in refusals {
        let calls = Arc::new(Mutex::new(0));
        let refuse = service_fn(|(): ()| {
            *calls.lock().unwrap() += 1;
            ready(Err::<(), _>(BoxError::from_rejected(Rejected::new(NAME, reason))))
        });
        RetryLayer::new(NAME, config(3, 1)).layer(refuse).oneshot(()).await.unwrap_err();
        assert_eq!(*calls.lock().unwrap(), 1, "{reason:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_another_crate_sheds_is_not_retried_by_a_classifier_that_knows_it() {
    let classifier = |result: Result<&(), &BoxError>| match result {
        Ok(()) => Outcome::Success,
        Err(error) if error.is::<load_shed::error::Overloaded>() => Outcome::Ignored,
        Err(_) => Outcome::Failure,
    };
    let policy = OnFailure::new(classifier);
    let (layer, seen) = gave_up(RetryLayer::with_policy(NAME, config(3, 1), policy));
    let never_ready = ServiceBuilder::new()
        .load_shed()
        .concurrency_limit(0)
        .service(service_fn(async |(): ()| Ok::<(), BoxError>(())));
    let start = Instant::now();
    layer.layer(never_ready).oneshot(()).await.unwrap_err();
    assert_eq!((start.elapsed(), seen.lock().unwrap().len()), (Duration::ZERO, 0));
}

/// A response that counts how many of it there are.
#[derive(Debug)]
struct Held(Arc<AtomicU32>);

impl Held {
    fn new(alive: &Arc<AtomicU32>) -> Self {
        alive.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(alive))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Ready for one call, whose response it holds a count of.
#[derive(Clone, Default)]
struct ReadyOnce {
    calls: Arc<AtomicU32>,
    alive: Arc<AtomicU32>,
}

impl Service<()> for ReadyOnce {
    type Response = Held;
    type Error = BoxError;
    type Future = Ready<Result<Held, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        let is_ready = self.calls.load(Ordering::Relaxed) == 0;
        if is_ready { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    fn call(&mut self, (): ()) -> Self::Future {
        self.calls.fetch_add(1, Ordering::Relaxed);
        ready(Ok(Held::new(&self.alive)))
    }
}

fn all_failures() -> OnFailure<impl Fn(Result<&Held, &BoxError>) -> Outcome + Clone> {
    OnFailure::new(|result: Result<&Held, &BoxError>| match result {
        Ok(_) => Outcome::Failure,
        Err(_) => Outcome::Ignored,
    })
}

#[tokio::test(start_paused = true)]
async fn a_superseded_response_is_dropped_before_the_wait() {
    let service = ReadyOnce::default();
    let layer = RetryLayer::with_policy(NAME, config(2, 100), all_failures());
    let mut call = task::spawn(layer.layer(service.clone()).oneshot(()));
    assert_pending!(call.poll());
    assert_eq!(service.calls.load(Ordering::Relaxed), 1);
    assert_eq!(service.alive.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn a_retry_for_which_the_service_is_not_ready_is_given_up_where_that_is_asked() {
    let name = Name::from_static("retry-not-ready");
    let backoff = config(2, 100).backoff().clone();
    let config = Config::builder().backoff(backoff).stop_when_not_ready().build().unwrap();
    let service = ReadyOnce::default();
    let (layer, seen) = gave_up(RetryLayer::with_policy(name, config, all_failures()));
    let start = Instant::now();
    let call = layer.layer(service.clone()).oneshot(());
    let last = tokio::time::timeout(1_000 * MS, call).await.expect("it is given up").unwrap();
    assert_eq!(start.elapsed(), 100 * MS, "it is asked once the wait is over");
    assert_eq!(service.alive.load(Ordering::Relaxed), 1);
    drop(last);
    assert_eq!(*seen.lock().unwrap(), [(GaveUp::NotReady, 1)]);
    assert_eq!(Meter::of(&meter::RETRIES, name).total(meter::MADE), 0);

    service.calls.store(0, Ordering::Relaxed);
    let call = layer.layer(service.clone()).oneshot(());
    let again = async {
        tokio::time::sleep(50 * MS).await;
        service.calls.store(0, Ordering::Relaxed);
    };
    let both = async { tokio::join!(call, again) };
    drop(tokio::time::timeout(1_000 * MS, both).await.expect("it is made"));
    assert_eq!(service.calls.load(Ordering::Relaxed), 1, "it was ready for the second");
}

#[tokio::test(start_paused = true)]
async fn waiting_until_the_service_is_ready_ends_at_the_deadline() {
    let retry = RetryLayer::with_policy(NAME, config(2, 100), all_failures());
    let deadline = DeadlineLayer::new(NAME, 500 * MS);
    let start = Instant::now();
    let service = deadline.layer(retry.layer(ReadyOnce::default()));
    let error = service.oneshot(()).await.err().unwrap();
    assert_eq!(error.as_rejected().unwrap().reason(), Reason::DeadlineExceeded);
    assert_eq!(start.elapsed(), 500 * MS);
}
