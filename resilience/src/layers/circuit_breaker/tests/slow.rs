//! Slow calls.

use tokio::time::sleep;
use tower::service_fn;

use super::*;
use crate::circuit_breaker::{ChangeReason, SlowCall};

const SLOW: Duration = Duration::from_secs(4);

/// A call that takes `takes` and then succeeds, or fails when `fails`.
async fn take(layer: &CircuitBreakerLayer, takes: Duration, fails: bool) -> Result<(), BoxError> {
    let service = service_fn(move |(): ()| async move {
        sleep(takes).await;
        if fails { Err("failed".into()) } else { Ok(()) }
    });
    layer.layer(service).oneshot(()).await
}

fn rule(window: Window) -> ConfigBuilder {
    let builder = config().window(window).failure_rate(Ratio::ONE);
    builder.slow_call_rate(Ratio::percent(50), SlowCall::at_least(SLOW))
}

#[tokio::test(start_paused = true)]
async fn slow_calls_open_it_whether_they_failed_or_not() {
    for (name, window) in [
        ("cb-slow-count", Window::Count { size: 10 }),
        ("cb-slow-time", Window::Time { span: Duration::from_mins(10), buckets: 10 }),
    ] {
        let layer = layer(name, rule(window));
        for fails in [false, true] {
            let _ = take(&layer, SLOW, fails).await;
            let _ = take(&layer, SLOW.saturating_sub(Duration::from_millis(1)), false).await;
        }
        let snapshot = layer.handle().snapshot();
        assert_eq!(snapshot.state, State::Closed, "four results are below the minimum");
        assert_eq!((snapshot.counts.total, snapshot.counts.slow), (4, 2));
        take(&layer, SLOW, false).await.unwrap();
        let snapshot = layer.handle().snapshot();
        assert_eq!(snapshot.state, State::Open, "three of five are slow");
        assert_eq!(snapshot.transitions[0].reason, ChangeReason::SlowCallRate);
    }
}

#[tokio::test(start_paused = true)]
async fn a_quick_success_that_completes_the_minimum_is_looked_at() {
    let layer = layer("cb-slow-watch", rule(Window::Count { size: 10 }));
    for takes in [SLOW, SLOW, SLOW, Duration::ZERO, Duration::ZERO] {
        take(&layer, takes, false).await.unwrap();
    }
    assert_eq!(layer.handle().snapshot().state, State::Open);
}

#[tokio::test(start_paused = true)]
async fn slow_probes_reopen_it_when_they_are_judged_together() {
    let builder = rule(Window::Count { size: 10 });
    let layer = layer("cb-slow-probe", builder.half_open(HalfOpen::PermittedCalls { calls: 2 }));
    for _ in 0..5 {
        take(&layer, SLOW, false).await.unwrap();
    }
    advance(OPEN_FOR).await;
    take(&layer, Duration::ZERO, false).await.unwrap();
    take(&layer, SLOW, false).await.unwrap();
    let snapshot = layer.handle().snapshot();
    assert_eq!(snapshot.state, State::Open, "half of the probes were slow");
    assert_eq!(snapshot.transitions[0].reason, ChangeReason::ProbesFailed);
}

#[test]
fn what_is_slow_may_begin_at_the_threshold_or_beyond_it() {
    assert!(SlowCall::at_least(SLOW).is_slow(SLOW));
    assert!(!SlowCall::longer_than(SLOW).is_slow(SLOW));
    assert!(SlowCall::longer_than(SLOW).is_slow(SLOW + Duration::from_nanos(1)));
    assert!(!SlowCall::at_least(SLOW).is_slow(SLOW.saturating_sub(Duration::from_nanos(1))));
}

#[test]
fn the_settings_of_slow_calls_are_checked() {
    let never = SlowCall::at_least(Duration::ZERO);
    let wrong = config().slow_call_rate(Ratio::ZERO, never).build().unwrap_err();
    let settings: Vec<_> = wrong.iter().map(|error| error.setting().to_owned()).collect();
    assert_eq!(settings, ["slow_call_rate", "slow_call"]);
    let alone = config().no_failure_rate().slow_call_rate(Ratio::ONE, SlowCall::at_least(SLOW));
    assert!(alone.build().is_ok(), "it is a rule of its own");
}

#[tokio::test(start_paused = true)]
async fn only_a_breaker_that_tells_slow_calls_apart_reads_the_clock_for_them() {
    let at_once = layer("cb-slow-reads", rule(Window::Count { size: 10 })).layer(Script);
    assert_eq!(reads_of(|| _ = call(&at_once, Say::Ok)), 2);
}
