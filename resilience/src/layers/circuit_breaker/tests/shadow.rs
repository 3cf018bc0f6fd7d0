//! A breaker that only reports, and one that is switched off.

use super::{super::shared::Shared, *};
use crate::{
    circuit_breaker::{Rule, SlowCall},
    holders::Holders,
};

fn shadow(name: &'static str, config: ConfigBuilder) -> (CircuitBreakerHandle, Heard) {
    let breaker = handle(name, config.initial_state(State::MetricsOnly));
    let heard = hear(&breaker);
    (breaker, heard)
}

#[tokio::test(start_paused = true)]
async fn shadow_mode_counts_reports_a_rule_once_and_refuses_nobody() {
    let (breaker, heard) = shadow("cb-shadow", config());
    tell_all(&breaker, "----");
    assert_eq!(take(&heard), [""; 0], "below the minimum");
    tell_all(&breaker, "-");
    assert_eq!(take(&heard), ["met failure_rate"]);
    tell_all(&breaker, "----------++++++++++----------");
    assert_eq!(take(&heard), [""; 0], "once in a stay");
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.state, snapshot.counts.failed), (State::MetricsOnly, 10));
    assert_eq!(snapshot.transitions, []);
    assert_eq!((breaker.calls().failed, breaker.calls().refused), (25, 0));
}

#[tokio::test(start_paused = true)]
async fn shadow_mode_reports_every_rule_that_is_met_in_order() {
    let rules = [
        Rule::ConsecutiveFailures { failures: 2 },
        Rule::FailureRate { rate: Ratio::percent(50) },
        Rule::FailureCount { failures: 5 },
        Rule::FailureRatio { failures: 8, of: 10 },
    ];
    let (breaker, heard) = shadow("cb-shadow-rules", config().rules(rules));
    tell_all(&breaker, "--");
    assert_eq!(take(&heard), ["met consecutive_failures"]);
    tell_all(&breaker, "--");
    assert_eq!(take(&heard), [""; 0]);
    tell_all(&breaker, "-");
    assert_eq!(take(&heard), ["met failure_rate", "met failure_count"], "by one result");
    tell_all(&breaker, "---");
    assert_eq!(take(&heard), ["met failure_ratio"], "though the others still are");
}

#[tokio::test(start_paused = true)]
async fn a_success_completes_the_minimum_of_a_second_rule_in_shadow_mode() {
    let (breaker, heard) = shadow("cb-shadow-watch", config().consecutive_failures(2));
    tell_all(&breaker, "---+");
    assert_eq!(take(&heard), ["met consecutive_failures"]);
    tell_all(&breaker, "+");
    assert_eq!(take(&heard), ["met failure_rate"]);
}

#[tokio::test(start_paused = true)]
async fn each_stay_in_shadow_mode_reports_anew() {
    let (breaker, heard) = shadow("cb-shadow-anew", config().consecutive_failures(1));
    tell_all(&breaker, "--");
    breaker.close();
    breaker.metrics_only();
    assert_eq!(breaker.snapshot().counts.total, 0, "with an empty window");
    tell_all(&breaker, "--");
    assert_eq!(
        take(&heard),
        [
            "met consecutive_failures",
            "metrics_only > closed: manual",
            "closed > metrics_only: manual",
            "met consecutive_failures",
        ]
    );
    breaker.reset();
    assert_eq!(take(&heard), ["metrics_only > closed: reset"]);
    tell_all(&breaker, "-");
    assert_eq!(take(&heard), ["met consecutive_failures", "closed > open: consecutive_failures"]);
}

#[tokio::test(start_paused = true)]
async fn slow_calls_that_run_are_reported_in_shadow_mode() {
    let slow = SlowCall::at_least(Duration::from_secs(1));
    let config = config().min_calls(1).slow_call_rate(Ratio::ONE, slow);
    let layer = layer("cb-shadow-slow", config.initial_state(State::MetricsOnly));
    let heard = hear(&layer.handle());
    let mut hung = begin(&layer.layer(Script), Say::Hang);
    advance(Duration::from_secs(1)).await;
    assert_pending!(hung.poll());
    assert_eq!(take(&heard), ["met slow_call_rate"]);
}

#[test]
fn a_rule_that_is_met_takes_no_lock_again() {
    let config = config().consecutive_failures(1).initial_state(State::MetricsOnly);
    let shared = Shared::new(Name::from_static("cb-shadow-lock"), config.build().unwrap().into());
    let breaker = CircuitBreakerHandle::new(Holders::new(Arc::clone(&shared)));
    let heard = hear(&breaker);
    tell_all(&breaker, "-----");
    assert_eq!(take(&heard), ["met consecutive_failures", "met failure_rate"]);
    let _held = shared.lock();
    // A look at the machine would wait for the lock for ever.
    tell_all(&breaker, "-+---+-----");
}

#[tokio::test(start_paused = true)]
async fn a_disabled_breaker_admits_all_and_records_nothing() {
    let breaker = handle("cb-disabled", config().consecutive_failures(1));
    let heard = hear(&breaker);
    breaker.disable();
    assert_eq!(take(&heard), ["closed > disabled: manual"]);
    tell_all(&breaker, "------++l");
    drop(breaker.try_acquire().expect("admitted"));
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.state, snapshot.counts.total), (State::Disabled, 0));
    assert_eq!(snapshot.failures_in_a_row, 0);
    assert_eq!(take(&heard), [""; 0]);
    let calls = breaker.calls();
    assert_eq!((calls.ignored, calls.cancelled, calls.failed), (9, 1, 0));
    breaker.close();
    assert_eq!(breaker.snapshot().counts.total, 0);
}

#[tokio::test(start_paused = true)]
async fn calls_across_being_disabled_count_for_nothing() {
    let breaker = handle("cb-disabled-across", config().consecutive_failures(1));
    let before = breaker.try_acquire().expect("closed");
    breaker.disable();
    let within = breaker.try_acquire().expect("disabled");
    before.failed();
    assert_eq!(breaker.calls().stale, 1);
    breaker.close();
    within.failed();
    assert_eq!(breaker.calls().stale, 2);
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.state, snapshot.counts.total), (State::Closed, 0));
}

#[tokio::test(start_paused = true)]
async fn a_disabled_breaker_takes_no_note_of_slow_calls_that_run() {
    let slow = SlowCall::at_least(Duration::from_secs(1));
    let config = config().min_calls(1).slow_call_rate(Ratio::ONE, slow);
    let layer = layer("cb-disabled-slow", config.initial_state(State::Disabled));
    let mut hung = begin(&layer.layer(Script), Say::Hang);
    advance(Duration::from_secs(1)).await;
    assert_pending!(hung.poll());
    let snapshot = layer.handle().snapshot();
    assert_eq!((snapshot.state, snapshot.slow_running), (State::Disabled, 0));
}
