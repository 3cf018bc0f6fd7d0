//! Calls that run for longer than is slow.

use super::*;
use crate::circuit_breaker::SlowCall;

const SLOW: Duration = Duration::from_secs(4);
const TICK: Duration = Duration::from_millis(1);

fn rule() -> ConfigBuilder {
    config()
        .failure_rate(Ratio::ONE)
        .slow_call_rate(Ratio::percent(50), SlowCall::at_least(SLOW))
        .half_open(HalfOpen::PermittedCalls { calls: 1 })
}

type Call = task::Spawn<super::super::ResponseFuture<Answer, AnyError>>;

fn hang(breaker: &Breaker, calls: usize) -> Vec<Call> {
    (0..calls).map(|_| begin(breaker, Say::Hang)).collect()
}

/// Polls the calls that were woken; how many these were.
fn poll_woken(calls: &mut [Call]) -> usize {
    let mut woken = 0;
    for call in calls.iter_mut().filter(|call| call.is_woken()) {
        woken += 1;
        assert_pending!(call.poll());
    }
    woken
}

#[tokio::test(start_paused = true)]
async fn a_service_that_hangs_opens_the_breaker_before_a_call_ends() {
    let layer = layer("cb-overdue", rule());
    let mut calls = hang(&layer.layer(Script), 5);
    advance(SLOW.checked_sub(TICK).unwrap()).await;
    assert_eq!(poll_woken(&mut calls), 0);
    assert_eq!(layer.handle().snapshot().slow_running, 0);
    advance(TICK).await;
    assert_eq!(poll_woken(&mut calls[..4]), 4);
    let snapshot = layer.handle().snapshot();
    assert_eq!((snapshot.state, snapshot.slow_running), (State::Closed, 4), "below the minimum");
    assert_eq!(snapshot.counts.total, 0, "they are no results");
    assert_eq!(poll_woken(&mut calls[4..]), 1);
    let snapshot = layer.handle().snapshot();
    assert_eq!((snapshot.state, snapshot.slow_running), (State::Open, 0));
    assert_eq!(snapshot.transitions[0].reason, ChangeReason::SlowCallRate);
}

#[tokio::test(start_paused = true)]
async fn running_calls_and_results_are_judged_together() {
    let layer = layer("cb-overdue-mixed", rule());
    let breaker = layer.layer(Script);
    let mut calls = hang(&breaker, 3);
    for _ in 0..4 {
        call(&breaker, Say::Ok).unwrap();
    }
    advance(SLOW).await;
    poll_woken(&mut calls);
    assert_eq!(layer.handle().snapshot().state, State::Closed, "three of seven");
    let mut more = hang(&breaker, 1);
    advance(SLOW).await;
    poll_woken(&mut more);
    assert_eq!(layer.handle().snapshot().state, State::Open, "four of eight");
}

#[tokio::test(start_paused = true)]
async fn a_quick_success_that_completes_the_minimum_of_running_calls_opens_it() {
    let layer = layer("cb-overdue-watch", rule());
    let breaker = layer.layer(Script);
    let mut calls = hang(&breaker, 3);
    advance(SLOW).await;
    poll_woken(&mut calls);
    call(&breaker, Say::Ok).unwrap();
    assert_eq!(layer.handle().snapshot().state, State::Closed, "four are below the minimum");
    call(&breaker, Say::Ok).unwrap();
    assert_eq!(layer.handle().snapshot().state, State::Open, "three of five");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_or_ends_is_taken_out_again() {
    let layer =
        layer("cb-overdue-out", rule().slow_call_rate(Ratio::ONE, SlowCall::at_least(SLOW)));
    let handle = layer.handle();
    let mut calls = hang(&layer.layer(Script), 3);
    let ends = layer.layer(tower::service_fn(|()| async {
        tokio::time::sleep(SLOW * 2).await;
        Ok::<_, BoxError>(())
    }));
    let mut ending = task::spawn(ends.oneshot(()));
    assert_pending!(ending.poll());
    advance(SLOW).await;
    poll_woken(&mut calls);
    assert_pending!(ending.poll());
    assert_eq!(handle.snapshot().slow_running, 4);
    drop(calls);
    assert_eq!(handle.snapshot().slow_running, 1);
    advance(SLOW).await;
    assert_ready_ok!(ending.poll());
    let snapshot = handle.snapshot();
    assert_eq!((snapshot.slow_running, snapshot.counts.slow), (0, 1), "it is a result now");
    assert_eq!(snapshot.counts.total, 1);
}

#[tokio::test(start_paused = true)]
async fn calls_of_an_earlier_state_neither_count_nor_are_taken_out() {
    let layer = layer("cb-overdue-old", rule());
    let handle = layer.handle();
    let breaker = layer.layer(Script);
    let mut told_before = hang(&breaker, 2);
    let mut told_after = hang(&breaker, 2);
    advance(SLOW).await;
    poll_woken(&mut told_before);
    handle.reset();
    assert_eq!(handle.snapshot().slow_running, 0);
    poll_woken(&mut told_after);
    assert_eq!(handle.snapshot().slow_running, 0, "they began before the reset");
    let mut fresh = hang(&breaker, 2);
    advance(SLOW).await;
    poll_woken(&mut fresh);
    assert_eq!(handle.snapshot().slow_running, 2);
    drop((told_before, told_after));
    assert_eq!(handle.snapshot().slow_running, 2, "they take nobody else out");
    drop(fresh);
    assert_eq!(handle.snapshot().slow_running, 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_is_told_only_once_and_a_probe_never() {
    let layer = layer("cb-overdue-once", rule());
    let breaker = layer.layer(Script);
    let mut calls = hang(&breaker, 1);
    advance(SLOW).await;
    poll_woken(&mut calls);
    for _ in 0..3 {
        advance(SLOW).await;
        assert_pending!(calls[0].poll());
    }
    assert_eq!(layer.handle().snapshot().slow_running, 1);

    layer.handle().open_for(TICK);
    advance(TICK).await;
    let mut probe = hang(&breaker, 1);
    advance(SLOW).await;
    assert_pending!(probe[0].poll());
    let snapshot = layer.handle().snapshot();
    assert_eq!((snapshot.state, snapshot.slow_running), (State::HalfOpen, 0));
}

#[tokio::test(start_paused = true)]
async fn it_may_be_switched_off_and_needs_the_rule() {
    let slow = SlowCall::at_least(SLOW);
    for (name, config) in [
        ("cb-overdue-off", rule().count_running_slow_calls(false)),
        ("cb-overdue-shown", config().slow_call(slow)),
    ] {
        let layer = layer(name, config);
        let mut calls = hang(&layer.layer(Script), 10);
        advance(SLOW * 3).await;
        assert_eq!(poll_woken(&mut calls), 0, "no timer");
        let snapshot = layer.handle().snapshot();
        assert_eq!((snapshot.state, snapshot.slow_running), (State::Closed, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_slow_only_beyond_the_threshold_is_not_overdue_at_it() {
    let beyond = SlowCall::longer_than(SLOW);
    let layer = layer("cb-overdue-beyond", rule().slow_call_rate(Ratio::ONE, beyond));
    let mut calls = hang(&layer.layer(Script), 1);
    advance(SLOW).await;
    assert_pending!(calls[0].poll());
    assert_eq!(layer.handle().snapshot().slow_running, 0, "it could still end in time");
    advance(TICK).await;
    assert_pending!(calls[0].poll());
    assert_eq!(layer.handle().snapshot().slow_running, 1);
}

#[test]
fn without_a_runtime_a_call_runs_without_a_timer() {
    let layer = layer("cb-overdue-bare", rule());
    let calls = hang(&layer.layer(Script), 3);
    drop(calls);
    assert_eq!(layer.handle().calls().cancelled, 3, "polled, without a panic");
}

#[tokio::test(start_paused = true)]
async fn a_permit_counts_by_its_life_or_by_what_its_holder_measured() {
    let breaker = handle("cb-overdue-permit", rule());
    let long = breaker.try_acquire().expect("closed");
    let measured = breaker.try_acquire().expect("closed");
    advance(SLOW).await;
    assert_eq!(breaker.snapshot().slow_running, 0, "a permit has no timer");
    measured.finish_after(Outcome::Success, SLOW.saturating_sub(TICK));
    assert_eq!(breaker.snapshot().counts.slow, 0, "its holder knows better");
    long.succeeded();
    assert_eq!(breaker.snapshot().counts.slow, 1);
    breaker.try_acquire().expect("closed").finish_after(Outcome::Success, SLOW);
    assert_eq!(breaker.snapshot().counts.slow, 2);
}
