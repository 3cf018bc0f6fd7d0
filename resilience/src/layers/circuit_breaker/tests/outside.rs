//! What comes from outside of a breaker: callers in line, subscribers, random numbers, runtimes.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio::runtime::Handle;
use tracing::{Event as Told, Metadata, Subscriber, span};

use super::*;
use crate::rng::Rng;

#[tokio::test(start_paused = true)]
async fn who_waits_for_the_service_is_refused_when_the_circuit_opens() {
    let layer = layer("cb-in-line", config().consecutive_failures(1));
    let limited = tower::limit::ConcurrencyLimit::new(Script, 1);
    let mut hung = task::spawn(limited.clone().oneshot(Say::Hang));
    assert_pending!(hung.poll());
    let mut waits = task::spawn(layer.layer(limited));
    let mut ready = || waits.enter(|cx, mut service| service.poll_ready(cx));
    assert_pending!(ready());
    assert_pending!(ready());
    layer.handle().open();
    assert!(waits.is_woken());
    assert_ready_ok!(waits.enter(|cx, mut service| service.poll_ready(cx)), "to be refused");
    let mut call = task::spawn(waits.enter(|_, mut service| service.call(Say::Ok)));
    let refused = assert_ready_err!(call.poll());
    assert_eq!(refusal(Err(refused)), Some(Reason::CircuitOpen));
}

/// Opens its breaker when it is asked whether it is ready, and is not.
#[derive(Clone)]
struct Opens(CircuitBreakerHandle);

impl Service<Say> for Opens {
    type Response = Say;
    type Error = BoxError;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.open();
        Poll::Pending
    }

    fn call(&mut self, _: Say) -> Answer {
        unreachable!("it is never ready")
    }
}

#[tokio::test(start_paused = true)]
async fn a_circuit_that_opens_while_the_service_is_asked_is_not_missed() {
    let layer = layer("cb-meanwhile", config());
    let mut service = task::spawn(layer.layer(Opens(layer.handle())));
    assert_ready_ok!(service.enter(|cx, mut service| service.poll_ready(cx)), "to be refused");
}

#[tokio::test(start_paused = true)]
async fn a_change_that_refuses_nobody_leaves_those_in_line_alone() {
    let layer = layer("cb-in-line-still", config());
    let limited = tower::limit::ConcurrencyLimit::new(Script, 1);
    let mut hung = task::spawn(limited.clone().oneshot(Say::Hang));
    assert_pending!(hung.poll());
    let mut waits = task::spawn(layer.layer(limited));
    assert_pending!(waits.enter(|cx, mut service| service.poll_ready(cx)));
    layer.handle().metrics_only();
    layer.handle().close();
    assert!(!waits.is_woken());
    drop(hung);
    assert!(waits.is_woken(), "by the service");
    assert_ready_ok!(waits.enter(|cx, mut service| service.poll_ready(cx)));
}

/// Panics at the first events that it is told.
struct Panics(AtomicU32);

impl Subscriber for Panics {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, _: &Told<'_>) {
        assert_eq!(self.0.swap(0, Ordering::Relaxed), 0, "a subscriber");
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_that_panics_costs_no_event() {
    let breaker = handle("cb-subscriber", config());
    let heard = hear(&breaker);
    tracing::subscriber::with_default(Panics(AtomicU32::new(1)), || breaker.open());
    breaker.close();
    assert_eq!(take(&heard), ["closed > open: manual", "open > closed: manual"]);
}

#[tokio::test(start_paused = true)]
async fn a_source_of_random_numbers_that_panics_leaves_a_wait_without_jitter() {
    let probe = HalfOpen::Ratio { successes: 1, of: 1 };
    let config = config().open_jitter(Ratio::percent(50)).half_open(probe);
    let layer = layer("cb-random", config.open_growth(1.0, Duration::from_mins(1)));
    let layer = layer.rng(Rng::from_fn(|| panic!("a source")));
    let breaker = layer.handle();
    for _ in 0..2 {
        breaker.open();
        assert_eq!(breaker.snapshot().time_left, Some(OPEN_FOR));
        advance(OPEN_FOR).await;
        tell_all(&breaker, "-");
        assert_eq!(state(&breaker), State::Open, "the verdict counts");
    }
}

#[tokio::test(start_paused = true)]
async fn one_task_waits_for_all_the_ends_that_time_brings() {
    let breaker = handle("cb-tasks", config().consecutive_failures(1).automatic_half_open(true));
    let tasks = || Handle::current().metrics().num_alive_tasks();
    breaker.half_open().unwrap();
    for _ in 0..1_000 {
        drop(breaker.try_acquire().expect("a probe"));
        advance(Duration::from_millis(1)).await;
    }
    assert_eq!(tasks(), 1);
    breaker.close();
    tell_all(&breaker, "-");
    advance(OPEN_FOR * 3).await;
    tokio::task::yield_now().await;
    assert_eq!(breaker.snapshot().transitions[0].reason, ChangeReason::WaitOver);
    assert!(tasks() <= 1, "{}", tasks());
}

#[test]
fn a_runtime_that_ends_takes_no_end_with_it() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let breaker = handle("cb-runtimes", config().automatic_half_open(true));
    let heard = hear(&breaker);
    let first = runtime();
    first.block_on(async { breaker.open_for(Duration::from_millis(1)) });
    drop(first);
    runtime().block_on(async {
        breaker.close();
        breaker.open_for(Duration::from_millis(1));
        while state(&breaker) == State::Open
            || take(&heard).last().is_none_or(|last| !last.contains("half_open"))
        {
            tokio::task::yield_now().await;
        }
    });
}
