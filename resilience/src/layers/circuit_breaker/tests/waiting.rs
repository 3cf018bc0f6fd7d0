//! Callers that wait until they may pass.

use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::circuit_breaker::{CallPermit, Move};

const TICK: Duration = Duration::from_millis(1);

fn one_probe() -> ConfigBuilder {
    config().consecutive_failures(1).half_open(HalfOpen::PermittedCalls { calls: 1 })
}

type Waiter<'a> = task::Spawn<Pin<Box<dyn Future<Output = CallPermit> + 'a>>>;

fn wait(breaker: &CircuitBreakerHandle) -> Waiter<'_> {
    let mut waiter: Waiter<'_> = task::spawn(Box::pin(breaker.acquire()));
    assert_pending!(waiter.poll());
    waiter
}

#[tokio::test(start_paused = true)]
async fn a_closed_breaker_is_not_waited_for() {
    let breaker = handle("cb-wait-closed", one_probe());
    assert_ready!(task::spawn(breaker.acquire()).poll()).succeeded();
    assert_eq!((breaker.snapshot().counts.total, breaker.calls().refused), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn who_waits_is_woken_when_the_open_wait_ends_and_not_before() {
    let breaker = handle("cb-wait-end", one_probe());
    tell_all(&breaker, "-");
    let mut waiter = wait(&breaker);
    advance(OPEN_FOR.checked_sub(TICK).unwrap()).await;
    assert!(!waiter.is_woken());
    advance(TICK).await;
    assert!(waiter.is_woken());
    assert_ready!(waiter.poll()).succeeded();
    assert_eq!(state(&breaker), State::Closed);
    assert_eq!(breaker.calls().refused, 0, "waiting is no refusal");
}

#[tokio::test(start_paused = true)]
async fn who_waits_is_woken_by_every_move_that_lets_it_pass() {
    for step in [Move::Close, Move::Reset, Move::Disable, Move::MetricsOnly, Move::HalfOpen] {
        for from in [Move::Open, Move::ForceOpen, Move::OpenFor(Duration::MAX)] {
            let breaker = handle("cb-wait-moves", one_probe());
            breaker.apply(from).unwrap();
            let mut waiter = wait(&breaker);
            breaker.apply(step).unwrap();
            assert!(waiter.is_woken(), "{step:?} after {from:?}");
            drop(assert_ready!(waiter.poll()));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_learns_of_an_end_that_is_moved() {
    for first in [Duration::MAX, Duration::from_hours(1)] {
        let breaker = handle("cb-wait-moved", one_probe());
        breaker.open_for(first);
        let mut waiter = wait(&breaker);
        breaker.open_for(TICK * 10);
        while waiter.is_woken() {
            assert_pending!(waiter.poll());
        }
        advance(TICK * 10).await;
        assert!(waiter.is_woken(), "{first:?} was shortened");
        assert_ready!(waiter.poll()).succeeded();
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_longer_than_was_said_waits_on() {
    let breaker = handle("cb-wait-longer", one_probe());
    tell_all(&breaker, "-");
    let mut waiter = wait(&breaker);
    breaker.open_for(OPEN_FOR * 2);
    assert_pending!(waiter.poll());
    advance((OPEN_FOR * 2).checked_sub(TICK).unwrap()).await;
    assert_pending!(waiter.poll());
    advance(TICK).await;
    drop(assert_ready!(waiter.poll()));
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_gives_its_place_back_wakes_one_who_waits() {
    let breaker = handle("cb-wait-probe", one_probe());
    breaker.half_open().unwrap();
    let probe = breaker.try_acquire().expect("a probe");
    let mut waiters = [wait(&breaker), wait(&breaker)];
    drop(probe);
    let woken = waiters.iter().filter(|waiter| waiter.is_woken()).count();
    assert_eq!(woken, 1, "there is one place");
    let _held = assert_ready!(waiters[0].poll());
    assert_pending!(waiters[1].poll());
}

#[tokio::test(start_paused = true)]
async fn a_verdict_wakes_all_who_wait() {
    let breaker = handle("cb-wait-verdict", one_probe());
    breaker.half_open().unwrap();
    let probe = breaker.try_acquire().expect("a probe");
    let mut waiters: Vec<_> = (0..50).map(|_| wait(&breaker)).collect();
    probe.succeeded();
    for waiter in &mut waiters {
        assert!(waiter.is_woken());
        drop(assert_ready!(waiter.poll(), "it is closed"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_goes_away_after_it_was_woken_loses_no_turn_of_others() {
    let breaker = handle("cb-wait-cancel", one_probe());
    breaker.half_open().unwrap();
    let probe = breaker.try_acquire().expect("a probe");
    let mut waiters: Vec<_> = (0..10).map(|_| wait(&breaker)).collect();
    drop(probe);
    while waiters.len() > 1 {
        let woken = waiters.iter().position(task::Spawn::is_woken).expect("someone has the turn");
        drop(waiters.remove(woken));
    }
    assert!(waiters[0].is_woken());
    drop(assert_ready!(waiters[0].poll()));
}

#[tokio::test(start_paused = true)]
async fn a_hung_probe_does_not_hold_those_who_wait() {
    let breaker = handle("cb-wait-hung", one_probe());
    tell_all(&breaker, "-");
    advance(OPEN_FOR).await;
    let _hung = breaker.try_acquire().expect("a probe");
    let mut waiter = wait(&breaker);
    advance(OPEN_FOR).await;
    assert_pending!(waiter.poll(), "it is open again");
    advance(OPEN_FOR * 2).await;
    drop(assert_ready!(waiter.poll()));
}

/// Counts how often a future is polled.
#[pin_project::pin_project]
struct Counted<F> {
    #[pin]
    future: F,
    polls: Arc<AtomicU32>,
}

impl<F: Future> Future for Counted<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.polls.fetch_add(1, Ordering::Relaxed);
        this.future.poll(cx)
    }
}

#[tokio::test(start_paused = true)]
async fn a_hundred_who_wait_have_their_turns_one_by_one_without_being_polled_for_nothing() {
    const WAITERS: u32 = 100;
    let breaker = handle("cb-wait-hundred", one_probe());
    tell_all(&breaker, "-");
    let polls = Arc::new(AtomicU32::new(0));
    let running = Arc::new(AtomicU32::new(0));
    let tasks: Vec<_> = (0..WAITERS)
        .map(|_| {
            let (breaker, running) = (breaker.clone(), Arc::clone(&running));
            let turn = async move {
                let permit = breaker.acquire().await;
                assert_eq!(running.fetch_add(1, Ordering::Relaxed), 0, "one probe at a time");
                tokio::time::sleep(TICK).await;
                running.fetch_sub(1, Ordering::Relaxed);
                permit.finish(Outcome::Ignored);
            };
            tokio::spawn(Counted { future: turn, polls: Arc::clone(&polls) })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(state(&breaker), State::HalfOpen);
    // Each is polled at first, at the end of the open wait, at its turn and after its sleep;
    // now and then a turn is found taken.
    let polls = polls.load(Ordering::Relaxed);
    assert!(polls <= WAITERS * 5, "{polls} polls");
}

#[test]
fn waiters_of_many_threads_all_pass() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_time().build();
    runtime.unwrap().block_on(async {
        for _ in 0..20 {
            let breaker = handle("cb-wait-threads", one_probe().half_open_without_limit());
            breaker.half_open().unwrap();
            let tasks: Vec<_> = (0..50)
                .map(|number| {
                    let breaker = breaker.clone();
                    tokio::spawn(async move {
                        let permit = breaker.acquire().await;
                        tokio::task::yield_now().await;
                        if number % 2 == 0 { drop(permit) } else { permit.finish(Outcome::Ignored) }
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
            assert_eq!(breaker.snapshot().free_probes, 1);
        }
    });
}
