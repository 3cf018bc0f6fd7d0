//! How a half-open breaker comes to its verdict, and how long that may take.

use super::*;
use crate::circuit_breaker::{CallPermit, Rule, SlowCall};

const SECOND: Duration = Duration::from_secs(1);

/// A breaker whose wait is over.
async fn waited(name: &'static str, config: ConfigBuilder) -> CircuitBreakerHandle {
    let breaker = handle(name, config.consecutive_failures(1));
    tell_all(&breaker, "-");
    advance(OPEN_FOR).await;
    breaker
}

fn probes(breaker: &CircuitBreakerHandle, probes: usize) -> Vec<CallPermit> {
    (0..probes).map(|_| breaker.try_acquire().expect("a probe")).collect()
}

fn refused(breaker: &CircuitBreakerHandle) -> Option<Reason> {
    breaker.try_acquire().err().map(|rejected| rejected.reason())
}

#[tokio::test(start_paused = true)]
async fn thresholds_are_reached_by_successes_or_failures_whichever_come_first() {
    for (calls, outcomes, verdict) in [
        (None, "++", State::HalfOpen),
        (None, "+++", State::Closed),
        (None, "-+-", State::Open),
        (None, "-++", State::HalfOpen),
        (None, "-+++", State::Closed),
        (Some(4), "-+++", State::Closed),
        (Some(4), "++--", State::Open),
    ] {
        let rule = HalfOpen::Thresholds { successes: 3, failures: 2, calls };
        let breaker = waited("cb-thresholds", config().half_open(rule)).await;
        tell_all(&breaker, outcomes);
        assert_eq!(state(&breaker), verdict, "{outcomes}, {calls:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn thresholds_admit_all_or_as_many_as_they_are_limited_to() {
    let rule = |calls| HalfOpen::Thresholds { successes: 3, failures: 2, calls };
    let free = waited("cb-thresholds-free", config().half_open(rule(None))).await;
    let held = probes(&free, 1_000);
    assert_eq!(free.snapshot().free_probes, u32::MAX);
    drop(held);
    assert_eq!(state(&free), State::HalfOpen);

    let limited = waited("cb-thresholds-limited", config().half_open(rule(Some(4)))).await;
    let mut held = probes(&limited, 4);
    assert_eq!(refused(&limited), Some(Reason::ProbesTaken));
    held.pop().expect("four").succeeded();
    assert_eq!(refused(&limited), Some(Reason::ProbesTaken), "its place is used up");
    drop(held.pop());
    let _fourth = limited.try_acquire().expect("a dropped one's is free");
}

#[test]
fn thresholds_that_could_end_without_a_verdict_are_no_setting() {
    let rule = |calls| HalfOpen::Thresholds { successes: 3, failures: 2, calls: Some(calls) };
    assert!(config().half_open(rule(3)).build().is_err());
    assert!(config().half_open(rule(4)).build().is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_ignored_probe_is_neither_success_nor_failure() {
    for rule in [
        HalfOpen::PermittedCalls { calls: 1 },
        HalfOpen::Ratio { successes: 1, of: 1 },
        HalfOpen::Thresholds { successes: 1, failures: 1, calls: Some(1) },
    ] {
        let breaker = waited("cb-probe-ignored", config().half_open(rule)).await;
        tell_all(&breaker, "iiii");
        let snapshot = breaker.snapshot();
        assert_eq!((snapshot.state, snapshot.free_probes), (State::HalfOpen, 1), "{rule:?}");
        assert_eq!(snapshot.counts.total, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn permitted_calls_without_a_failure_rate_fail_on_any_failure() {
    let rule = HalfOpen::PermittedCalls { calls: 3 };
    for (outcomes, verdict) in [("+++", State::Closed), ("++-", State::Open)] {
        let config = config().half_open(rule).consecutive_failures(1).no_failure_rate();
        let breaker = waited("cb-permitted", config).await;
        tell_all(&breaker, outcomes);
        assert_eq!(state(&breaker), verdict, "{outcomes}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_breaker_that_looks_at_slow_calls_alone_judges_its_probes_by_nothing_else() {
    let slow = Duration::from_millis(100);
    let config = Config::builder()
        .rules([Rule::SlowCallRate { rate: Ratio::percent(50) }])
        .slow_call(SlowCall::at_least(slow))
        .half_open(HalfOpen::PermittedCalls { calls: 2 });
    for (took, verdict) in [(slow, State::Open), (slow / 2, State::Closed)] {
        let breaker = handle("cb-slow-alone", config.clone());
        breaker.half_open().unwrap();
        for _ in 0..2 {
            breaker.try_acquire().unwrap().finish_after(Outcome::Failure, took);
        }
        assert_eq!(state(&breaker), verdict, "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_move_after_the_wait_leaves_the_counters_of_a_period_without_calls() {
    let breaker = waited("cb-left", config()).await;
    assert_eq!(breaker.snapshot().counts.total, 0, "half-open by its look");
    breaker.force_open();
    assert_eq!(breaker.snapshot().counts.total, 0);
}

#[tokio::test(start_paused = true)]
async fn a_period_may_have_a_limit_of_its_own() {
    let rule = HalfOpen::Thresholds { successes: 2, failures: 2, calls: None };
    let config = config().half_open(rule).half_open_for(SECOND * 3);
    let breaker = waited("cb-period", config).await;
    advance(SECOND * 100).await;
    tell_all(&breaker, "+");
    advance((SECOND * 3).checked_sub(Duration::from_millis(1)).unwrap()).await;
    assert_eq!(state(&breaker), State::HalfOpen, "it began with the first call");
    advance(Duration::from_millis(1)).await;
    assert_eq!(state(&breaker), State::Open);
    assert_eq!(reason(&breaker), Some(ChangeReason::ProbesTimedOut));
    assert_eq!(breaker.snapshot().time_left, Some(OPEN_FOR * 2), "a recovery failed");
}

#[tokio::test(start_paused = true)]
async fn a_period_by_hand_begins_with_the_move() {
    let breaker = waited("cb-period-hand", config().half_open_for(SECOND * 3)).await;
    breaker.close();
    breaker.half_open().unwrap();
    advance(SECOND * 3).await;
    assert_eq!(state(&breaker), State::Open, "no call has come");
}

#[tokio::test(start_paused = true)]
async fn a_period_may_end_closed() {
    let config = config().half_open_for(SECOND * 3).half_open_ends_closed(true);
    let breaker = waited("cb-ends-closed", config).await;
    let hung = probes(&breaker, 3);
    advance(SECOND * 3).await;
    assert_eq!(state(&breaker), State::Closed);
    assert_eq!(reason(&breaker), Some(ChangeReason::ProbesTimedOut));
    for probe in hung {
        probe.failed();
    }
    assert_eq!(breaker.snapshot().counts.total, 0, "they are of an earlier state");
}

#[tokio::test(start_paused = true)]
async fn a_period_without_a_limit_waits_for_its_probes() {
    let breaker = waited("cb-unlimited", config().half_open_without_limit()).await;
    let hung = probes(&breaker, 3);
    advance(Duration::from_hours(24 * 365)).await;
    assert_eq!(state(&breaker), State::HalfOpen);
    assert_eq!(refused(&breaker), Some(Reason::ProbesTaken));
    for probe in hung.into_iter().take(2) {
        probe.succeeded();
    }
    assert_eq!(state(&breaker), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_probe_given_up_after_the_limit_has_hung_whether_or_not_anybody_looked() {
    for looks in [true, false] {
        let breaker = waited("cb-hung-dropped", config()).await;
        let hung = breaker.try_acquire().expect("a probe");
        advance(OPEN_FOR).await;
        if looks {
            let _ = breaker.snapshot();
        }
        drop(hung);
        assert_eq!(state(&breaker), State::Open, "looked: {looks}");
        assert_eq!(reason(&breaker), Some(ChangeReason::ProbesTimedOut));
    }
}

#[tokio::test(start_paused = true)]
async fn a_result_that_comes_at_the_limit_comes_too_late() {
    let breaker = waited("cb-at-limit", config().half_open(HalfOpen::PermittedCalls { calls: 1 }));
    let breaker = breaker.await;
    let probe = breaker.try_acquire().expect("a probe");
    advance(OPEN_FOR).await;
    probe.succeeded();
    assert_eq!(reason(&breaker), Some(ChangeReason::ProbesTimedOut));
    assert_eq!(breaker.calls().stale, 1);
}

#[tokio::test(start_paused = true)]
async fn an_ignored_or_dropped_call_of_an_earlier_state_frees_no_place() {
    let rule = HalfOpen::PermittedCalls { calls: 1 };
    let breaker = handle("cb-no-place", config().consecutive_failures(1).half_open(rule));
    let mut late = probes(&breaker, 2);
    for round in 1..=2 {
        breaker.open();
        advance(OPEN_FOR).await;
        late.extend(probes(&breaker, 1));
        breaker.close();
        assert_eq!(late.len(), 2 + round);
    }
    breaker.half_open().unwrap();
    let _probe = breaker.try_acquire().expect("a probe");
    for (number, permit) in late.into_iter().enumerate() {
        if number % 2 == 0 {
            permit.finish(Outcome::Ignored);
        } else {
            drop(permit);
        }
        assert_eq!(refused(&breaker), Some(Reason::ProbesTaken), "late number {number}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_carries_the_name_the_reason_and_what_is_known_of_the_time() {
    let breaker =
        waited("cb-told", config().half_open(HalfOpen::PermittedCalls { calls: 1 })).await;
    let told = || {
        let rejected = breaker.try_acquire().expect_err("refused");
        (rejected.name().as_str(), rejected.reason(), rejected.retry_after())
    };
    let _probe = breaker.try_acquire().expect("a probe");
    assert_eq!(told(), ("cb-told", Reason::ProbesTaken, None));
    breaker.open();
    assert_eq!(told(), ("cb-told", Reason::CircuitOpen, Some(OPEN_FOR * 2)));
    breaker.force_open();
    assert_eq!(told(), ("cb-told", Reason::CircuitOpen, None));
}
