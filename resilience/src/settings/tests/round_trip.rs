use std::time::Duration;

use proptest::{collection::vec, option::of, prelude::*};

use crate::{
    circuit_breaker::{Cancelled, Config, HalfOpen, Rule, SlowCall, State, Window},
    ratio::Ratio,
    retry::{Idempotency, Jitter},
    settings::{
        BackoffSettings, BudgetConfig, BudgetKind, BudgetSettings, CircuitBreakerSettings,
        GrowthKind, OpenGrowthSettings, RetrySettings, StackSettings, Switch,
    },
};

/// Of few digits: `serde_json` by itself does not read the last digit of longer ones exactly.
fn numbers(from: u32, to: u32) -> impl Strategy<Value = f64> {
    (from * 1_000..=to * 1_000).prop_map(|thousandths| f64::from(thousandths) / 1_000.0)
}

fn ratios() -> impl Strategy<Value = Ratio> {
    (1..=1_000_u32).prop_map(|share| Ratio::new(f64::from(share) / 1_000.0).unwrap())
}

fn times() -> impl Strategy<Value = Duration> {
    prop_oneof![
        (1_000_000..1_000_000_000_u64).prop_map(Duration::from_nanos),
        (1..86_400_u64).prop_map(Duration::from_secs),
        Just(Duration::from_hours(24)),
    ]
}

fn windows() -> impl Strategy<Value = Window> {
    prop_oneof![
        (1..1_000_u32).prop_map(|size| Window::Count { size }),
        (1..1_000_u32).prop_map(|size| Window::CountPerThread { size }),
        (times(), 1..10_u32)
            .prop_map(|(span, buckets)| Window::Time { span: span.max(10 * MS), buckets }),
    ]
}

const MS: Duration = Duration::from_millis(1);

fn rules() -> impl Strategy<Value = Rule> {
    prop_oneof![
        (1..=u32::MAX).prop_map(|failures| Rule::ConsecutiveFailures { failures }),
        ratios().prop_map(|rate| Rule::FailureRate { rate }),
        ratios().prop_map(|rate| Rule::SlowCallRate { rate }),
        (1..10_u32, 10..20_u32).prop_map(|(failures, of)| Rule::FailureRatio { failures, of }),
        (1..=u32::MAX).prop_map(|failures| Rule::FailureCount { failures }),
        (ratios(), windows(), 1..1_000_u32).prop_map(|(rate, window, min_calls)| {
            Rule::SuccessRateBelow { rate, window, min_calls }
        }),
    ]
}

fn half_opens() -> impl Strategy<Value = HalfOpen> {
    prop_oneof![
        (1..=1_000_u32).prop_map(|calls| HalfOpen::PermittedCalls { calls }),
        (1..10_u32, 10..20_u32).prop_map(|(successes, of)| HalfOpen::Ratio { successes, of }),
        (1..10_u32, 1..10_u32, of(20..30_u32)).prop_map(|(successes, failures, calls)| {
            HalfOpen::Thresholds { successes, failures, calls }
        }),
        (2..100_u32, 1..1_000_u32).prop_map(|(factor, calls)| HalfOpen::Shares {
            first: Ratio::percent(1),
            factor,
            calls
        }),
    ]
}

fn slow_calls() -> impl Strategy<Value = SlowCall> {
    prop_oneof![times().prop_map(SlowCall::at_least), times().prop_map(SlowCall::longer_than)]
}

fn cancelleds() -> impl Strategy<Value = Cancelled> {
    prop_oneof![
        Just(Cancelled::Ignore),
        Just(Cancelled::Failure),
        ratios().prop_map(Cancelled::FailureFrom),
    ]
}

fn states() -> impl Strategy<Value = State> {
    let states =
        [State::Closed, State::Open, State::ForcedOpen, State::Disabled, State::MetricsOnly];
    prop::sample::select(states.to_vec())
}

fn unlimited(times: impl Strategy<Value = Duration>) -> impl Strategy<Value = Duration> {
    prop_oneof![4 => times, 1 => Just(Duration::MAX)]
}

/// What opens a breaker: a list, or in short.
fn openings() -> impl Strategy<Value = CircuitBreakerSettings> {
    let slow = (of(ratios()), slow_calls());
    let list =
        (vec(rules(), 1..5), slow_calls()).prop_map(|(rules, slow)| CircuitBreakerSettings {
            rules: Some(rules),
            slow_call: Some(slow),
            ..CircuitBreakerSettings::default()
        });
    let short = (of(ratios()), slow, of(1..10_u32)).prop_map(|(rate, (slow_rate, slow), run)| {
        CircuitBreakerSettings {
            failure_rate: rate.map(Switch::On).or(run.map(|_| Switch::Off)),
            slow_call_rate: slow_rate.map(Switch::On),
            slow_call: slow_rate.map(|_| slow),
            consecutive_failures: run,
            ..CircuitBreakerSettings::default()
        }
    });
    prop_oneof![list, short]
}

fn breakers() -> impl Strategy<Value = CircuitBreakerSettings> {
    let counts = (of(windows()), of(1..1_000_u32), of(cancelleds()), vec(of(any::<bool>()), 8));
    let waits = (of(unlimited(times())), of((of(numbers(1, 100)), any::<bool>())), of(ratios()));
    let ends = (of(times()), of(half_opens()), of(unlimited(times())), of(states()));
    (openings(), counts, waits, ends).prop_map(
        |(opening, (window, min_calls, cancelled, flags), (open_for, growth, jitter), ends)| {
            let (open_for_retry_after, half_open, half_open_for, initial_state) = ends;
            let at_most = |has: bool| has.then(|| open_for.unwrap_or(5_000 * MS));
            CircuitBreakerSettings {
                window,
                min_calls,
                count_running_slow_calls: flags[0],
                rate_limited_is_failure: flags[1],
                rate_limited_ends_run: flags[2],
                rate_limited_fails_probe: flags[3],
                cancelled,
                open_for,
                open_growth: growth
                    .map(|(factor, has)| OpenGrowthSettings { factor, at_most: at_most(has) }),
                open_jitter: jitter,
                open_for_retry_after,
                half_open,
                half_open_for,
                half_open_ends_closed: flags[4],
                automatic_half_open: flags[5],
                strict_transitions: flags[6],
                ignore_injected: flags[7],
                initial_state,
                ..opening
            }
        },
    )
}

fn backoffs() -> impl Strategy<Value = BackoffSettings> {
    let jitters = prop_oneof![
        Just(Jitter::Full),
        Just(Jitter::Equal),
        Just(Jitter::Decorrelated),
        Just(Jitter::None),
        ratios().prop_map(Jitter::Within),
    ];
    let growths = prop_oneof![
        Just((Some(GrowthKind::Fixed), None)),
        Just((Some(GrowthKind::Linear), None)),
        (of(Just(GrowthKind::Exponential)), of(numbers(1, 100))),
    ];
    (of(times()), growths, of(unlimited(times())), of(jitters)).prop_map(
        |(initial, (growth, factor), at_most, jitter)| BackoffSettings {
            initial,
            growth,
            factor,
            at_most,
            jitter,
        },
    )
}

fn retries() -> impl Strategy<Value = RetrySettings> {
    let attempts = prop_oneof![4 => 1..=100_u32, 1 => Just(u32::MAX)];
    let flags = vec(of(any::<bool>()), 3);
    let methods = prop::sample::select(vec![
        Idempotency::MethodOrKey,
        Idempotency::SafeMethods,
        Idempotency::All,
    ]);
    (of(attempts), of(backoffs()), of(times()), of(times()), flags, of(methods)).prop_map(
        |(max_attempts, backoff, retry_after_at_most, max_elapsed, flags, idempotency)| {
            RetrySettings {
                max_attempts,
                backoff,
                retry_after_at_most,
                max_elapsed,
                stop_when_not_ready: flags[0],
                stand_down_inside: flags[1],
                idempotency,
                resend_unsent: flags[2],
            }
        },
    )
}

fn budgets() -> impl Strategy<Value = BudgetSettings> {
    let token = (of(1..=600_u64), of(0..=100_000_u32), of(ratios())).prop_map(
        |(ttl, min_per_sec, ratio)| BudgetSettings {
            ttl: ttl.map(Duration::from_secs),
            min_per_sec,
            ratio,
            ..BudgetSettings::default()
        },
    );
    let share = (of(ratios()), of(0..=100_000_u32)).prop_map(|(max_ratio, min_concurrency)| {
        BudgetSettings {
            kind: Some(BudgetKind::Share),
            max_ratio,
            min_concurrency,
            ..BudgetSettings::default()
        }
    });
    let cost = vec(of(1..=1_000_000_u32), 4).prop_map(|numbers| BudgetSettings {
        kind: Some(BudgetKind::Cost),
        capacity: numbers[0],
        retry_cost: numbers[1],
        timeout_cost: numbers[2],
        success_refund: numbers[3],
        ..BudgetSettings::default()
    });
    prop_oneof![token, share, cost]
}

proptest! {
    #[test]
    fn a_breakers_settings_and_its_config_are_made_of_each_other(given in breakers()) {
        let config = given.build().unwrap();
        let shown = CircuitBreakerSettings::from(&config);
        let again = shown.build().unwrap();
        // What is a default in the first is said in the second, and means the same.
        prop_assert_eq!(&CircuitBreakerSettings::from(&again), &shown);
        let of_window = |config: &Config| config.to_builder().window(config.window()).build();
        prop_assert_eq!(of_window(&again), of_window(&config), "all but who asked for the window");
        prop_assert_eq!(&shown.build().unwrap(), &again);
        prop_assert_eq!(again.kept_window(), config.kept_window());
        prop_assert_eq!(again.window(), config.window());
    }

    #[test]
    fn a_retrys_settings_and_its_config_are_made_of_each_other(given in retries()) {
        let config = given.build().unwrap();
        let shown = RetrySettings::from(&config);
        prop_assert_eq!(shown.build().unwrap(), config);
    }

    #[test]
    fn a_budgets_settings_and_its_config_are_made_of_each_other(given in budgets()) {
        let config = given.build().unwrap();
        let shown = BudgetSettings::from(&config);
        prop_assert_eq!(shown.build().unwrap(), config);
        prop_assert_eq!(given.kind.unwrap_or_default(), shown.kind.unwrap());
        prop_assert!(given != BudgetSettings::default() || config == BudgetConfig::default());
    }

    #[test]
    fn what_is_written_is_read_again(
        breaker in breakers(),
        retry in retries(),
        budget in budgets(),
        off in any::<bool>(),
    ) {
        let settings = StackSettings {
            circuit_breaker: Some(if off { Switch::Off } else { Switch::On(breaker) }),
            retry: Some(Switch::On(retry)),
            budget: Some(Switch::On(budget)),
            ..StackSettings::default()
        };
        let json = serde_json::to_string(&settings).unwrap();
        prop_assert_eq!(&serde_json::from_str::<StackSettings>(&json).unwrap(), &settings);
        let toml = toml::to_string(&settings).unwrap();
        prop_assert_eq!(&toml::from_str::<StackSettings>(&toml).unwrap(), &settings);
    }
}
