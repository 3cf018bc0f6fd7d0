//! Other settings for a breaker that is in use.

use super::*;
use crate::circuit_breaker::{Rule, SlowCall};

const MS: Duration = Duration::from_millis(1);

fn update(breaker: &CircuitBreakerHandle, config: ConfigBuilder) {
    breaker.update(config.build().unwrap());
}

#[tokio::test(start_paused = true)]
async fn another_threshold_judges_the_window_as_it_is() {
    let breaker = handle("cb-update", config().failure_rate(Ratio::percent(80)));
    tell_all(&breaker, "---+++");
    let counts = breaker.snapshot().counts;
    update(&breaker, config().failure_rate(Ratio::percent(60)));
    assert_eq!((state(&breaker), breaker.snapshot().counts), (State::Closed, counts));
    let heard = hear(&breaker);
    update(&breaker, config().failure_rate(Ratio::percent(50)));
    assert_eq!(
        take(&heard),
        ["met failure_rate", "closed > open: failure_rate"],
        "half of it has failed"
    );
    assert_eq!(breaker.config().failure_rate(), Some(Ratio::percent(50)));
}

#[tokio::test(start_paused = true)]
async fn another_minimum_or_length_of_a_run_judges_what_is_there() {
    let breaker = handle("cb-update", config().min_calls(10));
    tell_all(&breaker, "---");
    update(&breaker, config().min_calls(3));
    assert_eq!(state(&breaker), State::Open);

    let run = |failures| config().min_calls(10).consecutive_failures(failures);
    let breaker = handle("cb-update", run(5));
    tell_all(&breaker, "---");
    update(&breaker, run(4));
    assert_eq!(state(&breaker), State::Closed);
    update(&breaker, run(3));
    assert_eq!(state(&breaker), State::Open);
}

#[tokio::test(start_paused = true)]
async fn a_higher_threshold_lets_more_failures_pass() {
    let breaker = handle("cb-update", config());
    tell_all(&breaker, "++--");
    update(&breaker, config().failure_rate(Ratio::percent(90)));
    tell_all(&breaker, "-");
    assert_eq!(state(&breaker), State::Closed, "three of five");
}

#[tokio::test(start_paused = true)]
async fn a_state_that_was_forced_stays() {
    for step in [CircuitBreakerHandle::force_open, CircuitBreakerHandle::disable] {
        let breaker = handle("cb-update", config());
        step(&breaker);
        let (forced, heard) = (state(&breaker), hear(&breaker));
        for other in [config().min_calls(1), config().window(Window::Count { size: 99 })] {
            update(&breaker, other);
            advance(Duration::from_hours(9)).await;
            assert_eq!((state(&breaker), take(&heard)), (forced, Vec::new()));
        }
        breaker.close();
        tell_all(&breaker, "-----");
        assert_eq!(state(&breaker), State::Open);
    }
}

#[tokio::test(start_paused = true)]
async fn an_open_wait_that_runs_keeps_its_end_and_the_next_is_as_set() {
    let breaker = handle("cb-update", config());
    breaker.open();
    assert!(breaker.try_acquire().is_err());
    let second = Duration::from_secs(1);
    update(&breaker, config().open_for(second).window(Window::Count { size: 20 }));
    assert_eq!(breaker.snapshot().time_left, Some(OPEN_FOR));
    assert_eq!(breaker.snapshot().refused, 1, "it is the same stay in the state");
    breaker.close();
    breaker.open();
    assert_eq!(breaker.snapshot().time_left, Some(second));
}

#[tokio::test(start_paused = true)]
async fn another_window_begins_empty_and_calls_that_run_are_not_in_it() {
    let breaker = handle("cb-update", config());
    tell_all(&breaker, "----");
    let running = breaker.try_acquire().unwrap();
    let stale = breaker.calls().stale;
    let heard = hear(&breaker);
    update(&breaker, config().window(Window::Count { size: 20 }));
    assert_eq!(breaker.snapshot().counts.total, 0);
    running.failed();
    assert_eq!((breaker.snapshot().counts.total, breaker.calls().stale), (0, stale + 1));
    tell_all(&breaker, "+-+-+");
    assert_eq!(breaker.snapshot().counts.total, 5);
    // And once more, from one that has been exchanged already.
    update(&breaker, config().window(Window::Time { span: OPEN_FOR, buckets: 5 }));
    assert_eq!(breaker.snapshot().counts.total, 0);
    tell_all(&breaker, "++---");
    assert_eq!(take(&heard), ["met failure_rate", "closed > open: failure_rate"]);
}

#[tokio::test(start_paused = true)]
async fn rules_with_windows_of_their_own_can_come_and_go() {
    let two_of_four = Rule::FailureRatio { failures: 2, of: 4 };
    let breaker = handle("cb-update", config());
    tell_all(&breaker, "++++--");
    update(&breaker, config().rules([two_of_four]));
    tell_all(&breaker, "-++");
    assert_eq!(state(&breaker), State::Closed, "what lies in the old window is not in this one");
    tell_all(&breaker, "-");
    assert_eq!(state(&breaker), State::Open);
    breaker.close();
    update(&breaker, config());
    tell_all(&breaker, "--++++");
    assert_eq!(state(&breaker), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn calls_are_timed_from_when_slow_ones_matter_and_no_longer() {
    let breaker = handle("cb-update", config());
    let untimed = breaker.try_acquire().unwrap();
    let slow = SlowCall::at_least(10 * MS);
    let rule = || config().slow_call_rate(Ratio::ONE, slow).min_calls(1);
    update(&breaker, rule());
    advance(10 * MS).await;
    untimed.succeeded();
    assert_eq!(state(&breaker), State::Closed, "it began before");
    let timed = breaker.try_acquire().unwrap();
    advance(10 * MS).await;
    timed.succeeded();
    assert_eq!(state(&breaker), State::Open);
    breaker.close();
    update(&breaker, config());
    let untimed = breaker.try_acquire().unwrap();
    advance(10 * MS).await;
    untimed.succeeded();
    assert_eq!(breaker.snapshot().counts.slow, 0);
}

#[tokio::test(start_paused = true)]
async fn another_half_open_rule_has_its_own_places_and_an_old_probe_frees_none() {
    let rule = |calls| config().half_open(HalfOpen::PermittedCalls { calls });
    let breaker = handle("cb-update", rule(2));
    breaker.half_open().unwrap();
    let old = [breaker.try_acquire().unwrap(), breaker.try_acquire().unwrap()];
    assert!(breaker.try_acquire().is_err());
    let heard = hear(&breaker);
    update(&breaker, rule(1));
    let probe = breaker.try_acquire().unwrap();
    assert!(breaker.try_acquire().is_err());
    for old in old {
        old.failed();
    }
    assert!(breaker.try_acquire().is_err(), "the place is taken");
    assert_eq!(take(&heard), Vec::<String>::new(), "it is half-open as before");
    probe.succeeded();
    assert_eq!(state(&breaker), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn probes_go_on_where_the_half_open_rule_is_the_same() {
    let breaker = handle("cb-update", config());
    breaker.half_open().unwrap();
    tell(&breaker, Outcome::Success);
    let running = breaker.try_acquire().unwrap();
    update(&breaker, config().min_calls(9));
    running.succeeded();
    assert_eq!(state(&breaker), State::Closed, "two of three");
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_can_be_told_to_become_half_open_by_itself() {
    let breaker = handle("cb-update", config());
    breaker.open();
    let heard = hear(&breaker);
    update(&breaker, config().automatic_half_open(true));
    tokio::time::sleep(OPEN_FOR + MS).await;
    assert_eq!(take(&heard), ["open > half_open: wait_over"]);
}

#[tokio::test(start_paused = true)]
async fn in_shadow_mode_a_rule_is_told_of_again_by_another_threshold() {
    let breaker = handle("cb-update", config());
    breaker.metrics_only();
    let met = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&met);
    breaker.listen(Listener::new(move |event| {
        *counted.lock().unwrap() += u32::from(matches!(event, Event::RuleMet { .. }));
    }));
    tell_all(&breaker, "-----");
    assert_eq!(*met.lock().unwrap(), 1);
    update(&breaker, config().failure_rate(Ratio::percent(90)));
    assert_eq!(*met.lock().unwrap(), 2, "all have failed");
}

#[tokio::test(start_paused = true)]
async fn calls_and_updates_of_several_threads_lose_no_result_of_a_window_that_stays() {
    const CALLS: u32 = 20_000;
    let config = |rate| config().window(Window::Count { size: 100_000 }).failure_rate(rate);
    let breaker = handle("cb-update", config(Ratio::ONE));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for call in 0..CALLS {
                    let end = if call % 2 == 0 { Outcome::Success } else { Outcome::Failure };
                    assert!(tell(&breaker, end));
                }
            });
        }
        for percent in (60..100).cycle().take(500) {
            update(&breaker, config(Ratio::percent(percent)));
        }
    });
    let counts = breaker.snapshot().counts;
    assert_eq!((counts.total, counts.failed), (u64::from(2 * CALLS), u64::from(CALLS)));
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_counts_other_results_has_a_window_of_its_own() {
    let size = 10;
    let ratio = config().rules([Rule::FailureRatio { failures: 5, of: size }]);
    let breaker = handle("cb-update", ratio.rate_limited_is_failure(false));
    let window = Window::Count { size };
    let share = Rule::SuccessRateBelow { rate: Ratio::percent(90), window, min_calls: 4 };
    update(&breaker, config().rules([share]).rate_limited_is_failure(false));
    tell_all(&breaker, "llll");
    assert_eq!(state(&breaker), State::Open, "a rate-limited result is no success there");
}

#[test]
fn the_first_settings_stay_with_the_breaker_and_later_ones_go_when_they_are_replaced() {
    let with_function = || {
        let held = Arc::new(());
        let weak = Arc::downgrade(&held);
        let config = config().open_for_fn(move |_| {
            let _: &Arc<()> = &held;
            None
        });
        (config, weak)
    };
    let ((first, of_first), (second, of_second)) = (with_function(), with_function());
    let breaker = handle("cb-update", first);
    update(&breaker, second);
    update(&breaker, config());
    assert!(!breaker.config().asks_how_long_open());
    assert_eq!((of_first.strong_count(), of_second.strong_count()), (1, 0));
    drop(breaker);
    assert_eq!(of_first.strong_count(), 0);
}
