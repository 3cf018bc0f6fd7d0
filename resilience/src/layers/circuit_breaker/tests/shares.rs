//! Recovery by growing shares of the calls.

use super::*;
use crate::circuit_breaker::CallPermit;

fn shares(first: f64, factor: u32, calls: u32) -> ConfigBuilder {
    let first = Ratio::new(first).unwrap();
    config().half_open(HalfOpen::Shares { first, factor, calls }).half_open_without_limit()
}

async fn waited(name: &'static str, config: ConfigBuilder) -> CircuitBreakerHandle {
    let breaker = handle(name, config);
    tell_all(&breaker, "-----");
    advance(OPEN_FOR).await;
    breaker
}

/// The permits that `callers` callers get.
fn ask(breaker: &CircuitBreakerHandle, callers: usize) -> Vec<CallPermit> {
    (0..callers).filter_map(|_| breaker.try_acquire().ok()).collect()
}

fn succeed(permits: Vec<CallPermit>) {
    permits.into_iter().for_each(CallPermit::succeeded);
}

#[tokio::test(start_paused = true)]
async fn each_stage_admits_exactly_its_share_and_the_first_who_asks() {
    let breaker = waited("cb-shares", shares(0.01, 5, 10)).await;
    for (stage, admitted) in [10, 50, 250].into_iter().enumerate() {
        assert_eq!(state(&breaker), State::HalfOpen, "stage {stage}");
        let mut held = ask(&breaker, 1);
        assert_eq!(held.len(), 1, "the first of stage {stage}");
        held.extend(ask(&breaker, 999));
        assert_eq!(held.len(), admitted, "of a thousand in stage {stage}");
        let mut rest = held.split_off(10);
        succeed(held);
        // The others are dropped: they say nothing, in this stage or the next.
        rest.clear();
    }
    assert_eq!(state(&breaker), State::Closed, "the next share would be all of them");
}

#[tokio::test(start_paused = true)]
async fn the_share_is_exact_at_every_moment() {
    for (first, every) in [(0.001, 1_000), (0.1, 10), (0.25, 4), (0.5, 2)] {
        let breaker = waited("cb-shares-exact", shares(first, 100, 1_000)).await;
        let mut held = 0;
        for caller in 0..3_000usize {
            let admitted = breaker.try_acquire().map(std::mem::forget).is_ok();
            held += usize::from(admitted);
            assert_eq!(held, caller / every + 1, "caller {caller} at a share of {first}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_bad_stage_reopens_the_breaker() {
    let breaker = waited("cb-shares-bad", shares(0.5, 2, 4)).await;
    for _ in 0..2 {
        let mut held = ask(&breaker, 8);
        let failing = held.split_off(2);
        succeed(held);
        assert_eq!(state(&breaker), State::HalfOpen, "two of four");
        failing.into_iter().for_each(CallPermit::failed);
        assert_eq!(state(&breaker), State::Open, "half of the stage failed");
        assert_eq!(reason(&breaker), Some(ChangeReason::ProbesFailed));
        advance(OPEN_FOR * 2).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_later_stage_may_be_bad_as_well_and_the_next_period_begins_with_the_first() {
    let breaker = waited("cb-shares-later", shares(0.1, 5, 2)).await;
    succeed(ask(&breaker, 20));
    let held = ask(&breaker, 4);
    assert_eq!(held.len(), 2, "one half");
    held.into_iter().for_each(CallPermit::failed);
    assert_eq!(state(&breaker), State::Open);
    advance(OPEN_FOR * 2).await;
    assert_eq!(ask(&breaker, 20).len(), 2, "a tenth");
}

#[tokio::test(start_paused = true)]
async fn what_runs_on_into_the_next_stage_counts_there() {
    let breaker = waited("cb-shares-on", shares(0.5, 2, 2)).await;
    let mut held = ask(&breaker, 6);
    let late = held.split_off(2);
    succeed(held);
    assert_eq!(state(&breaker), State::Closed, "one half was the last share");
    succeed(late);

    let breaker = waited("cb-shares-on", shares(0.25, 2, 2)).await;
    let mut held = ask(&breaker, 12);
    let late = held.pop().expect("three");
    succeed(held);
    assert_eq!((state(&breaker), breaker.snapshot().counts.total), (State::HalfOpen, 0));
    late.succeeded();
    assert_eq!(breaker.snapshot().counts.total, 1);
    succeed(ask(&breaker, 1));
    assert_eq!(state(&breaker), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn shares_are_whole_where_floats_are_not() {
    // In floats 49 times a 49th is a little less than one.
    let breaker = waited("cb-shares-floats", shares(1.0 / 49.0, 49, 1)).await;
    succeed(ask(&breaker, 1));
    assert_eq!(state(&breaker), State::Closed, "the share after the first is all of them");
}

#[tokio::test(start_paused = true)]
async fn callers_that_wait_have_their_turn_when_no_probe_runs() {
    let breaker = waited("cb-shares-wait", shares(0.001, 10, 3)).await;
    let running = breaker.try_acquire().expect("the first");
    let mut waiters: Vec<_> = (0..20).map(|_| task::spawn(breaker.acquire())).collect();
    for waiter in &mut waiters {
        assert_pending!(waiter.poll());
    }
    drop(running);
    for turn in 0..20 {
        let woken: Vec<_> = (0..waiters.len()).filter(|at| waiters[*at].is_woken()).collect();
        assert_eq!(woken.len(), 1, "one is woken for turn {turn}");
        let permit = assert_ready!(waiters.remove(woken[0]).poll());
        permit.finish(Outcome::Ignored);
    }
    assert_eq!(state(&breaker), State::HalfOpen);
}

#[tokio::test(start_paused = true)]
async fn answers_of_probes_that_overlap_keep_the_period_going_and_silence_ends_it() {
    let first = Ratio::percent(10);
    for rule in [
        HalfOpen::Shares { first, factor: 3, calls: 20 },
        HalfOpen::Thresholds { successes: 100, failures: 10, calls: None },
    ] {
        let breaker = waited("cb-shares-overlap", config().half_open(rule)).await;
        // Ten callers a second, each of whom is answered after two: some probe always runs.
        let mut held = std::collections::VecDeque::new();
        for _ in 0..600 {
            held.push_back(breaker.try_acquire().ok());
            advance(Duration::from_millis(100)).await;
            if held.len() > 20 {
                succeed(held.pop_front().flatten().into_iter().collect());
            }
        }
        assert_eq!(reason(&breaker), Some(ChangeReason::ProbesSucceeded), "{rule:?}");

        let breaker = waited("cb-shares-silence", config().half_open(rule)).await;
        let _hangs = breaker.try_acquire().expect("a probe");
        advance(OPEN_FOR).await;
        assert_eq!(state(&breaker), State::Open, "{rule:?}");
        assert_eq!(reason(&breaker), Some(ChangeReason::ProbesTimedOut), "{rule:?}");
    }
}
