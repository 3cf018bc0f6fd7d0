//! What opens a closed breaker, and what it says was the reason.

use super::*;
use crate::circuit_breaker::{Counts, Judgement, Rule};

fn with(rules: impl IntoIterator<Item = Rule>) -> ConfigBuilder {
    config().rules(rules)
}

/// Whether the breaker opens with the last of `outcomes` and not before; the reason if so.
fn opens(name: &'static str, config: ConfigBuilder, outcomes: &str) -> Option<ChangeReason> {
    let breaker = handle(name, config);
    tell_all(&breaker, outcomes);
    assert!(matches!(state(&breaker), State::Closed | State::Open));
    (state(&breaker) == State::Open).then(|| reason(&breaker).expect("it opened"))
}

#[tokio::test(start_paused = true)]
async fn a_failure_ratio_needs_no_minimum_and_looks_at_its_own_last_results() {
    let config = with([Rule::FailureRatio { failures: 3, of: 5 }]);
    let opens = |outcomes| opens("cb-ratio", config.clone(), outcomes);
    assert_eq!(opens("---"), Some(ChangeReason::FailureRatio), "three of three");
    assert_eq!(opens("-+-+-"), Some(ChangeReason::FailureRatio), "three of five");
    assert_eq!(opens("-++-+-"), None, "the first has left");
    assert_eq!(opens("-++-+-++-+-++-+-"), None);
}

#[tokio::test(start_paused = true)]
async fn several_failure_ratios_have_windows_of_their_own() {
    let narrow = Rule::FailureRatio { failures: 2, of: 2 };
    let wide = Rule::FailureRatio { failures: 4, of: 10 };
    let opens = |outcomes| opens("cb-ratios", with([narrow, wide]), outcomes);
    assert!(opens("--").is_some());
    assert!(opens("-+-+-+-").is_some(), "four of ten, never two in a row");
    assert!(opens("-+-+-++").is_none());
}

#[tokio::test(start_paused = true)]
async fn a_failure_count_counts_what_is_in_the_window_without_a_minimum() {
    let rule = Rule::FailureCount { failures: 3 };
    let span = Duration::from_secs(10);
    for window in [Window::Count { size: 10 }, Window::Time { span, buckets: 10 }] {
        let config = with([rule]).window(window);
        let reason = opens("cb-count", config, "++++++-+-+-");
        assert_eq!(reason, Some(ChangeReason::FailureCount), "{window:?}");
    }
    let by_calls = with([rule]).window(Window::Count { size: 10 });
    assert_eq!(opens("cb-count", by_calls, "-++++++++-+-"), None, "the first has left");
    let by_time = handle("cb-count", with([rule]).window(Window::Time { span, buckets: 10 }));
    tell_all(&by_time, "--");
    advance(span).await;
    tell_all(&by_time, "--");
    assert_eq!(state(&by_time), State::Closed, "two are as old as the window");
    tell_all(&by_time, "-");
    assert_eq!(state(&by_time), State::Open);
}

#[tokio::test(start_paused = true)]
async fn a_success_rate_opens_only_below_its_threshold_with_its_own_minimum() {
    let window = Window::Count { size: 4 };
    let rule = Rule::SuccessRateBelow { rate: Ratio::percent(50), window, min_calls: 3 };
    let opens = |outcomes| opens("cb-success-rate", with([rule]), outcomes);
    assert_eq!(opens("--"), None, "below the minimum");
    assert_eq!(opens("---"), Some(ChangeReason::LowSuccessRate));
    assert_eq!(opens("--+"), Some(ChangeReason::LowSuccessRate), "a success completes it");
    assert_eq!(opens("++--"), None, "two of four are not below one half");
    assert_eq!(opens("++---"), Some(ChangeReason::LowSuccessRate), "one of the last four");

    let never = Rule::SuccessRateBelow { rate: Ratio::ZERO, window, min_calls: 1 };
    assert_eq!(super::rules::opens("cb-success-rate", with([never]), "------"), None);
    let unreachable = Rule::SuccessRateBelow { rate: Ratio::ONE, window, min_calls: 50 };
    let reason = super::rules::opens("cb-success-rate", with([unreachable]), "+++-");
    assert!(reason.is_some(), "a minimum above the window is lowered to it");
}

#[tokio::test(start_paused = true)]
async fn a_success_rate_that_falls_as_successes_age_opens_with_the_next_result() {
    let window = Window::Time { span: Duration::from_secs(10), buckets: 10 };
    let rule = Rule::SuccessRateBelow { rate: Ratio::percent(50), window, min_calls: 2 };
    let breaker = handle("cb-success-ages", with([rule]));
    tell_all(&breaker, "++++");
    advance(Duration::from_secs(5)).await;
    tell_all(&breaker, "----");
    advance(Duration::from_secs(5)).await;
    assert_eq!(state(&breaker), State::Closed);
    tell_all(&breaker, "+");
    assert_eq!(state(&breaker), State::Open, "one of five");
}

#[tokio::test(start_paused = true)]
async fn when_one_result_meets_several_rules_the_first_is_the_reason() {
    let rules = [
        Rule::FailureRate { rate: Ratio::percent(50) },
        Rule::ConsecutiveFailures { failures: 5 },
        Rule::FailureCount { failures: 5 },
        Rule::FailureRatio { failures: 5, of: 5 },
    ];
    for first in 0..rules.len() {
        let mut order = rules;
        order.rotate_left(first);
        let expected = opens("cb-order-alone", with([order[0]]), "-----");
        assert_eq!(opens("cb-order-of", with(order), "-----"), expected, "{order:?}");
        assert!(expected.is_some());
    }
    let by_setters = config().consecutive_failures(5);
    let reason = opens("cb-order-of", by_setters, "-----");
    assert_eq!(reason, Some(ChangeReason::ConsecutiveFailures), "set later and put first");
}

#[tokio::test(start_paused = true)]
async fn any_of_several_rules_opens_it_alone() {
    let rules =
        [Rule::ConsecutiveFailures { failures: 3 }, Rule::FailureRate { rate: Ratio::percent(50) }];
    let opens = |outcomes| opens("cb-any-of", with(rules), outcomes);
    assert_eq!(opens("+++---"), Some(ChangeReason::ConsecutiveFailures));
    assert_eq!(opens("+-+-+-"), Some(ChangeReason::FailureRate));
    assert_eq!(opens("++-++-"), None);
}

#[tokio::test(start_paused = true)]
async fn the_rate_opens_when_it_is_reached_whatever_result_reaches_it() {
    let config = config().min_calls(4).failure_rate(Ratio::percent(25));
    let opens = |outcomes| opens("cb-inclusive", config.clone(), outcomes);
    assert!(opens("+++-").is_some(), "a quarter is enough");
    assert!(opens("-+++").is_some(), "a success completes the minimum");
    assert!(opens("++++-").is_none(), "a fifth is not");
    assert!(opens("++++-+-").is_some(), "two of seven");
}

#[tokio::test(start_paused = true)]
async fn a_minimum_above_a_count_window_is_lowered_to_its_size() {
    let config = config().window(Window::Count { size: 4 }).min_calls(1_000);
    assert!(opens("cb-lowered", config.clone(), "---").is_none());
    assert!(opens("cb-lowered", config, "----").is_some());
}

#[tokio::test(start_paused = true)]
async fn the_minimum_counts_anew_when_the_window_has_run_empty() {
    let span = Duration::from_secs(10);
    let breaker = handle("cb-idle", config().window(Window::Time { span, buckets: 10 }));
    tell_all(&breaker, "----");
    advance(span).await;
    tell_all(&breaker, "----");
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.state, snapshot.counts.total), (State::Closed, 4));
    tell_all(&breaker, "-");
    assert_eq!(state(&breaker), State::Open);
}

#[tokio::test(start_paused = true)]
async fn what_opens_it_are_counts_and_not_how_fast_they_come() {
    for pause in [0, 900, 9_000].map(Duration::from_millis) {
        let window = Window::Time { span: Duration::from_secs(100), buckets: 10 };
        let breaker = handle("cb-pace", config().window(window).min_calls(10));
        for letter in ["+", "-", "+", "-", "+", "-", "+", "-", "+"] {
            tell_all(&breaker, letter);
            advance(pause).await;
        }
        assert_eq!(state(&breaker), State::Closed, "nine results, {pause:?} apart");
        tell_all(&breaker, "-");
        assert_eq!(state(&breaker), State::Open, "five of ten, {pause:?} apart");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_limited_result_counts_where_it_is_set_to() {
    let run = || with([Rule::ConsecutiveFailures { failures: 3 }]);
    let limited = Rule::SuccessRateBelow {
        rate: Ratio::ONE,
        window: Window::Count { size: 5 },
        min_calls: 1,
    };
    let opens = |config, outcomes| opens("cb-limited-where", config, outcomes).is_some();
    assert!(opens(config(), "lllll"), "a failure by default");
    assert!(!opens(config().rate_limited_is_failure(false), "lllll"));
    assert!(opens(with([limited]).rate_limited_is_failure(false), "l"), "never a success");

    assert!(!opens(run(), "lllll"), "never in a run");
    assert!(opens(run(), "--l-"), "which it does not end");
    assert!(!opens(run().rate_limited_ends_run(true), "--l--"));
    assert!(opens(run().rate_limited_ends_run(true), "--l---"));
}

#[tokio::test(start_paused = true)]
async fn a_rate_limited_probe_fails_unless_it_is_set_not_to() {
    let by_default = config().half_open(HalfOpen::Ratio { successes: 1, of: 1 });
    for (config, verdict) in [
        (by_default.clone(), State::Open),
        (by_default.clone().rate_limited_fails_probe(true), State::Open),
        (by_default.rate_limited_fails_probe(false), State::Closed),
    ] {
        let breaker = handle("cb-limited-probe", config);
        tell_all(&breaker, "-----");
        advance(OPEN_FOR).await;
        tell_all(&breaker, "l");
        assert_eq!(state(&breaker), verdict);
    }
}

#[test]
fn a_rule_judges_counts_on_its_own() {
    let counts = |total, failed, slow| Counts { total, failed, slow };
    let half = Ratio::percent(50);
    let rate = Rule::FailureRate { rate: half };
    let slow = Rule::SlowCallRate { rate: half };
    let window = Window::Count { size: 10 };
    let success = Rule::SuccessRateBelow { rate: half, window, min_calls: 4 };
    for (rule, counts, expected) in [
        (rate, counts(9, 9, 0), Judgement::BelowMinCalls),
        (rate, counts(10, 4, 10), Judgement::BelowThreshold),
        (rate, counts(10, 5, 0), Judgement::Exceeded),
        (slow, counts(9, 0, 9), Judgement::BelowMinCalls),
        (slow, counts(10, 10, 4), Judgement::BelowThreshold),
        (slow, counts(10, 0, 5), Judgement::Exceeded),
        (success, counts(3, 3, 0), Judgement::BelowMinCalls),
        (success, counts(4, 2, 0), Judgement::BelowThreshold),
        (success, counts(4, 3, 0), Judgement::Exceeded),
        (Rule::FailureCount { failures: 2 }, counts(2, 1, 2), Judgement::BelowThreshold),
        (Rule::FailureCount { failures: 2 }, counts(2, 2, 0), Judgement::Exceeded),
        (Rule::FailureRatio { failures: 2, of: 9 }, counts(2, 2, 0), Judgement::Exceeded),
        (Rule::ConsecutiveFailures { failures: 2 }, counts(0, 2, 0), Judgement::Exceeded),
    ] {
        assert_eq!(rule.judge(&counts, 10), expected, "{rule:?} of {counts:?}");
    }
    assert_eq!(rate.judge(&Counts::default(), 0), Judgement::BelowThreshold);
    let window = Window::Count { size: 10 };
    let success = Rule::SuccessRateBelow { rate: Ratio::ONE, window, min_calls: 0 };
    assert_eq!(success.judge(&Counts::default(), 0), Judgement::BelowThreshold, "without results");
}

#[test]
fn a_window_is_kept_where_a_rule_looks_at_it_or_it_was_asked_for() {
    let run = || Config::builder().no_failure_rate().consecutive_failures(3);
    assert_eq!(run().build().unwrap().kept_window(), None);
    let asked = Window::Count { size: 7 };
    assert_eq!(run().window(asked).build().unwrap().kept_window(), Some(asked));
    for rule in [Rule::FailureCount { failures: 3 }, Rule::FailureRate { rate: Ratio::ONE }] {
        assert!(run().rules([rule]).build().unwrap().kept_window().is_some(), "{rule:?}");
    }
}
