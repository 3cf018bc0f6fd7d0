//! Calls that are dropped before their answer.

use super::*;
use crate::{circuit_breaker::Cancelled, timeout::TimeoutLayer};

fn drop_calls(breaker: &CircuitBreakerHandle, calls: u32) {
    for _ in 0..calls {
        drop(breaker.try_acquire().expect("admitted"));
    }
}

fn with(cancelled: Cancelled) -> ConfigBuilder {
    config().cancelled(cancelled).half_open(HalfOpen::PermittedCalls { calls: 1 })
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_says_nothing_by_default() {
    let breaker = handle("cb-cancel-default", with(Cancelled::Ignore).consecutive_failures(2));
    drop_calls(&breaker, 100);
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.state, snapshot.counts.total), (State::Closed, 0));
    assert_eq!(snapshot.failures_in_a_row, 0);
    assert_eq!(breaker.calls().cancelled, 100);

    tell_all(&breaker, "--");
    advance(OPEN_FOR).await;
    drop_calls(&breaker, 100);
    assert_eq!(state(&breaker), State::HalfOpen, "nor as a probe");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_may_count_as_a_failure_and_fail_a_probe() {
    let breaker = handle("cb-cancel-failure", with(Cancelled::Failure));
    tell_all(&breaker, "++");
    drop_calls(&breaker, 2);
    assert_eq!(breaker.snapshot().counts.failed, 2);
    assert_eq!(state(&breaker), State::Closed, "four are below the minimum");
    drop_calls(&breaker, 1);
    assert_eq!(state(&breaker), State::Open, "three of five");

    advance(OPEN_FOR).await;
    drop_calls(&breaker, 1);
    assert_eq!(state(&breaker), State::Open, "a probe that was dropped failed");
    assert_eq!(reason(&breaker), Some(ChangeReason::ProbesFailed));
    assert_eq!(breaker.calls().cancelled, 4, "and they count as cancelled");
    assert_eq!(breaker.calls().failed, 0);
}

#[tokio::test(start_paused = true)]
async fn dropped_calls_count_from_a_share_and_a_minimum_on() {
    let config = with(Cancelled::FailureFrom(Ratio::percent(50)));
    let few = handle("cb-cancel-few", config.clone());
    tell_all(&few, "+++");
    drop_calls(&few, 2);
    assert_eq!(few.snapshot().counts.failed, 0, "two of five are below the share");
    drop_calls(&few, 1);
    assert_eq!(few.snapshot().counts.failed, 1, "three of six reach it: this one counts");
    tell_all(&few, "++");
    drop_calls(&few, 1);
    assert_eq!(few.snapshot().counts.failed, 1, "four of nine do not");

    let many = handle("cb-cancel-many", config.clone().failure_rate(Ratio::ONE));
    drop_calls(&many, 4);
    assert_eq!(many.snapshot().counts.total, 0, "four are below the minimum");
    drop_calls(&many, 4);
    assert_eq!(many.snapshot().counts.failed, 4);
    drop_calls(&many, 1);
    assert_eq!(state(&many), State::Open, "five failures are the minimum of the rate");

    advance(OPEN_FOR).await;
    drop_calls(&many, 1);
    assert_eq!(state(&many), State::HalfOpen, "as a probe it says nothing");
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_after_a_change_of_state_counts_for_nothing() {
    for cancelled in [Cancelled::Failure, Cancelled::FailureFrom(Ratio::ZERO)] {
        let breaker = handle("cb-cancel-stale", with(cancelled));
        let held: Vec<_> = (0..20).map(|_| breaker.try_acquire().expect("closed")).collect();
        breaker.open();
        breaker.close();
        drop(held);
        let snapshot = breaker.snapshot();
        assert_eq!((snapshot.state, snapshot.counts.total), (State::Closed, 0), "{cancelled:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_probe_dropped_after_its_period_is_counted_as_dropped() {
    let breaker = handle("cb-cancel-stale-probe", with(Cancelled::Failure));
    breaker.half_open().unwrap();
    let probe = breaker.try_acquire().expect("a probe");
    breaker.open();
    drop(probe);
    assert_eq!((breaker.calls().cancelled, breaker.calls().stale), (1, 0));
    breaker.half_open().unwrap();
    let probe = breaker.try_acquire().expect("a probe");
    breaker.open();
    probe.failed();
    assert_eq!(
        (breaker.calls().cancelled, breaker.calls().stale),
        (1, 1),
        "and one that failed is not"
    );
}

#[tokio::test(start_paused = true)]
async fn a_timeout_inside_is_a_failure_and_one_outside_only_if_drops_are() {
    let limit = TimeoutLayer::new(Name::from_static("cb-limit"), Duration::from_secs(1));
    for (inside, cancelled, opens) in [
        (true, Cancelled::Ignore, true),
        (false, Cancelled::Ignore, false),
        (false, Cancelled::Failure, true),
    ] {
        let layer = layer("cb-timeout", with(cancelled));
        let hangs = tower::service_fn(|()| pending::<Result<Say, BoxError>>());
        for _ in 0..5 {
            let result = if inside {
                layer.layer(limit.layer(hangs)).oneshot(()).await
            } else {
                limit.layer(layer.layer(hangs)).oneshot(()).await
            };
            assert_eq!(refusal(result), Some(Reason::TimedOut));
        }
        let is_open = state(&layer.handle()) == State::Open;
        assert_eq!(is_open, opens, "inside: {inside}, {cancelled:?}");
    }
}
