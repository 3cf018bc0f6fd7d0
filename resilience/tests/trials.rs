//! The trials that circuit breakers fail most often: dropped and panicking probes, a rush of
//! callers on a breaker that is half-open, late results, the wrong instance called, and a window
//! that does not slide.

use std::{
    future::{Pending, Ready, pending, ready},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use resilience::{
    BoxError, Name, Ratio,
    circuit_breaker::{
        CallPermit, ChangeReason, CircuitBreakerHandle, CircuitBreakerLayer, Config, ConfigBuilder,
        HalfOpen, State, Window,
    },
    deadline::DeadlineLayer,
    fault::{FaultLayer, FaultSwitch},
    lift::LiftLayer,
    retry::{self, RetryLayer},
    timeout::TimeoutLayer,
};
use tokio::{sync::Barrier, time::advance};
use tokio_test::{assert_ready, task};
use tower::{Layer, Service, ServiceExt, service_fn};

const NAME: Name = Name::from_static("trial");
const OPEN_FOR: Duration = Duration::from_secs(5);

/// Half-open it closes by `probes` successes, and reopens by one failure.
fn config(probes: u32) -> ConfigBuilder {
    Config::builder()
        .window(Window::Count { size: 100 })
        .min_calls(100)
        .open_for(OPEN_FOR)
        .open_jitter(Ratio::ZERO)
        .half_open(HalfOpen::Ratio { successes: probes, of: probes })
}

fn breaker(name: &'static str, config: ConfigBuilder) -> CircuitBreakerHandle {
    CircuitBreakerHandle::standalone(Name::from_static(name), config.build().expect("valid"))
}

fn state(breaker: &CircuitBreakerHandle) -> State {
    breaker.snapshot().state
}

// (a)

#[tokio::test(start_paused = true)]
async fn a_half_open_breaker_whose_probes_are_dropped_recovers_at_once() {
    let layer = CircuitBreakerLayer::new(NAME, config(2).build().unwrap());
    let breaker = layer.handle();
    breaker.open();
    advance(OPEN_FOR).await;
    let hangs = layer.layer(service_fn(|()| pending::<Result<(), BoxError>>()));
    for _ in 0..100 {
        let mut probes: Vec<_> = (0..2).map(|_| task::spawn(hangs.clone().oneshot(()))).collect();
        assert!(probes.iter_mut().all(|probe| probe.poll().is_pending()));
        let mut refused = task::spawn(hangs.clone().oneshot(()));
        assert_ready!(refused.poll()).unwrap_err();
    }
    let answers = layer.layer(service_fn(|()| ready(Ok::<_, BoxError>(()))));
    for _ in 0..2 {
        answers.clone().oneshot(()).await.expect("the places of the dropped are free");
    }
    assert_eq!(state(&breaker), State::Closed);
}

// (b)

fn panic_in_a_call<S>(service: &S)
where
    S: Service<(), Response = (), Error = BoxError> + Clone,
{
    let service = service.clone();
    let call = AssertUnwindSafe(|| task::spawn(service.oneshot(())).poll());
    assert!(catch_unwind(call).is_err(), "a panic goes on to the caller");
}

#[tokio::test(start_paused = true)]
async fn panics_are_failures_of_a_closed_breaker_and_of_a_probe() {
    let config = config(1).window(Window::Count { size: 200 }).min_calls(200);
    let layer = CircuitBreakerLayer::new(Name::from_static("trial-b"), config.build().unwrap());
    let breaker = layer.handle();
    let panics = layer.layer(service_fn(|()| async { panic!("a bug") as Result<(), BoxError> }));
    for panicked in 1..200 {
        panic_in_a_call(&panics);
        assert_eq!(breaker.snapshot().counts.failed, panicked);
        assert_eq!(state(&breaker), State::Closed);
    }
    panic_in_a_call(&panics);
    assert_eq!(state(&breaker), State::Open, "200 of 200");
    advance(OPEN_FOR).await;
    panic_in_a_call(&panics);
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.state, snapshot.counts.failed), (State::Open, 1), "the probe");
    assert_eq!(snapshot.transitions[0].reason, ChangeReason::ProbesFailed);
    let calls = breaker.calls();
    assert_eq!((calls.panicked, calls.cancelled), (201, 0));
}

// (c)

/// Counts what reaches it, and never answers.
#[derive(Clone)]
struct Reached(Arc<AtomicU32>);

impl Service<()> for Reached {
    type Response = ();
    type Error = BoxError;
    type Future = Pending<Result<(), BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (): ()) -> Self::Future {
        self.0.fetch_add(1, Ordering::Relaxed);
        pending()
    }
}

/// How many of `callers` that ask at once reach the service.
async fn rush(layer: &CircuitBreakerLayer, callers: usize) -> u32 {
    let reached = Arc::new(AtomicU32::new(0));
    let service = layer.layer(Reached(Arc::clone(&reached)));
    let start = Arc::new(Barrier::new(callers));
    let asking: Vec<_> = (0..callers)
        .map(|_| {
            let (mut service, start) = (service.clone(), Arc::clone(&start));
            tokio::spawn(async move {
                start.wait().await;
                // Handed out, so that no probe gives its place back.
                [service.ready().await.expect("ready").call(())]
            })
        })
        .collect();
    let mut held = Vec::new();
    for asked in asking {
        held.push(asked.await.expect("it did not panic"));
    }
    reached.load(Ordering::Relaxed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_thousand_callers_at_once_exactly_as_many_pass_as_are_permitted() {
    for permitted in [1, 5] {
        let config = config(permitted).half_open_without_limit();
        let layer = CircuitBreakerLayer::new(NAME, config.build().unwrap());
        for round in 0..200 {
            // Every other round the callers find the wait over, and one of them ends it.
            layer.handle().open();
            if round % 2 == 0 {
                layer.handle().half_open().unwrap();
            } else {
                layer.handle().open_for(Duration::ZERO);
            }
            assert_eq!(rush(&layer, 1_000).await, permitted, "round {round}");
        }
    }
}

// (d)

fn finish(permit: CallPermit, succeeds: bool) {
    if succeeds { permit.succeeded() } else { permit.failed() }
}

#[tokio::test(start_paused = true)]
async fn late_results_of_calls_from_before_it_opened_change_nothing() {
    for succeeds in [true, false] {
        let breaker = breaker("trial-d", config(2).consecutive_failures(1));
        let stale = breaker.calls().stale;
        let mut late: Vec<_> = (0..30).map(|_| breaker.try_acquire().unwrap()).collect();
        let mut arrive = || {
            let before = breaker.snapshot();
            for permit in late.drain(late.len() - 10..) {
                finish(permit, succeeds);
            }
            assert_eq!(breaker.snapshot(), before, "late, succeeded: {succeeds}");
        };
        breaker.try_acquire().unwrap().failed();
        assert_eq!(state(&breaker), State::Open);
        arrive();
        advance(OPEN_FOR).await;
        let probe = breaker.try_acquire().unwrap();
        assert_eq!(state(&breaker), State::HalfOpen);
        arrive();
        probe.succeeded();
        breaker.try_acquire().unwrap().succeeded();
        assert_eq!(state(&breaker), State::Closed);
        arrive();
        assert_eq!(breaker.calls().stale - stale, 30);
    }
}

#[tokio::test(start_paused = true)]
async fn a_probe_of_one_half_open_period_says_nothing_in_the_next() {
    for succeeds in [true, false] {
        let breaker = breaker("trial-d-probe", config(1));
        breaker.open();
        advance(OPEN_FOR).await;
        let early = breaker.try_acquire().unwrap();
        advance(OPEN_FOR).await;
        assert_eq!(state(&breaker), State::Open, "the probe hangs");
        advance(OPEN_FOR * 2).await;
        let probe = breaker.try_acquire().unwrap();
        let before = breaker.snapshot();
        finish(early, succeeds);
        assert_eq!(breaker.snapshot(), before, "succeeded: {succeeds}");
        assert!(breaker.try_acquire().is_err(), "nor does it free the place of another");
        probe.succeeded();
        assert_eq!(state(&breaker), State::Closed);
    }
}

// (e)

/// Answers only where it was polled ready; a clone was not.
#[derive(Debug, Default)]
struct Strict {
    is_ready: bool,
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Service<()> for Strict {
    type Response = ();
    type Error = BoxError;
    type Future = Ready<Result<(), BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (): ()) -> Self::Future {
        assert!(std::mem::take(&mut self.is_ready), "called and not polled ready");
        ready(Ok(()))
    }
}

async fn call_twice<S>(layer: &str, mut service: S)
where
    S: Service<(), Response = ()> + Clone,
{
    for _ in 0..2 {
        let called = service.ready().await.map(|ready| ready.call(()));
        let called = called.unwrap_or_else(|_| panic!("{layer} is not ready"));
        assert!(called.await.is_ok(), "{layer}");
        service = service.clone();
    }
}

#[tokio::test(start_paused = true)]
async fn every_layer_calls_the_instance_that_was_polled_ready() {
    let second = Duration::from_secs(1);
    let strict = Strict::default();
    let breaker = CircuitBreakerLayer::new(NAME, config(1).build().unwrap());
    call_twice("circuit breaker", breaker.layer(strict.clone())).await;
    breaker.handle().half_open().unwrap();
    call_twice("circuit breaker, half-open", breaker.layer(strict.clone())).await;
    let retry = RetryLayer::new(NAME, retry::Config::default());
    call_twice("retry", retry.layer(strict.clone())).await;
    call_twice("timeout", TimeoutLayer::new(NAME, second).layer(strict.clone())).await;
    call_twice("deadline", DeadlineLayer::new(NAME, second).layer(strict.clone())).await;
    call_twice("fault", FaultLayer::new(NAME, FaultSwitch::new()).layer(strict.clone())).await;
    call_twice("lift", LiftLayer.layer(strict)).await;
}

// The window slides.

#[tokio::test(start_paused = true)]
async fn after_a_hundred_thousand_good_calls_it_opens_with_the_fiftieth_failure() {
    let breaker = breaker("trial-window", config(1).failure_rate(Ratio::percent(50)));
    for _ in 0..100_000 {
        breaker.try_acquire().unwrap().succeeded();
    }
    let failures = (1..=100_000).find(|_| {
        breaker.try_acquire().unwrap().failed();
        state(&breaker) == State::Open
    });
    assert_eq!(failures, Some(50));
}
