use std::{num::NonZeroU32, time::Duration};

use proptest::prelude::*;

use super::{Backoff, BackoffBuilder, Growth, Jitter};
use crate::ratio::Ratio;

const MS: Duration = Duration::from_millis(1);

fn retry(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

/// The first waits, without jitter unless the builder has some and the draws are all `random`.
fn waits(builder: BackoffBuilder, random: f64, count: u32) -> Vec<u128> {
    let backoff = builder.build().unwrap();
    let mut previous = None;
    let wait = |number| {
        let wait = backoff.delay(retry(number), previous, || random);
        previous = Some(wait);
        wait.as_millis()
    };
    (1..=count).map(wait).collect()
}

#[test]
fn waits_grow_as_they_are_told_up_to_the_longest() {
    let exact =
        |builder: BackoffBuilder| waits(builder.at_most(70 * MS).jitter(Jitter::None), 0.5, 5);
    assert_eq!(exact(Backoff::fixed(10 * MS)), [10, 10, 10, 10, 10]);
    assert_eq!(exact(Backoff::linear(20 * MS)), [20, 40, 60, 70, 70]);
    assert_eq!(exact(Backoff::exponential(10 * MS)), [10, 20, 40, 70, 70]);
    assert_eq!(exact(Backoff::exponential(10 * MS).factor(3.0)), [10, 30, 70, 70, 70]);
    let squares = Growth::custom(|retry| (retry.get() < 4).then(|| MS * retry.get().pow(2)));
    assert_eq!(exact(Backoff::fixed(7 * MS).growth(squares)), [1, 4, 9, 7, 7]);
}

#[test]
fn growths_are_equal_that_grow_alike_and_functions_that_are_the_same() {
    let custom = || Growth::custom(|_| None);
    let factor = |factor| Growth::Exponential { factor };
    let all = [Growth::Fixed, Growth::Linear, factor(2.0), factor(3.0), custom(), custom()];
    for (at, one) in all.iter().enumerate() {
        for (other_at, other) in all.iter().enumerate() {
            assert_eq!(*one == other.clone(), at == other_at, "{one:?} and {other:?}");
        }
    }
    let shown = all.map(|growth| format!("{growth:?}"));
    assert_eq!(
        shown[1..5],
        ["Linear", "Exponential { factor: 2.0 }", "Exponential { factor: 3.0 }", "Custom(..)"]
    );
}

#[test]
fn decorrelated_waits_go_by_the_one_before_and_not_by_the_growth() {
    let none = Growth::custom(|_| Some(Duration::ZERO));
    let builder = Backoff::fixed(100 * MS).growth(none).at_most(1_000 * MS);
    assert_eq!(waits(builder.clone().jitter(Jitter::Decorrelated), 0.5, 2), [200, 350]);
    assert_eq!(waits(builder.jitter(Jitter::Full), 0.5, 2), [0, 0]);
}

#[test]
fn each_jitter_reaches_its_ends_and_not_beyond() {
    let ends = |jitter| {
        let build = || Backoff::exponential(100 * MS).at_most(300 * MS).jitter(jitter);
        (waits(build(), 0.0, 3), waits(build(), 1.0, 3))
    };
    assert_eq!(ends(Jitter::None), (vec![100, 200, 300], vec![100, 200, 300]));
    assert_eq!(ends(Jitter::Full), (vec![0, 0, 0], vec![100, 200, 300]));
    assert_eq!(ends(Jitter::Equal), (vec![50, 100, 150], vec![100, 200, 300]));
    let quarter = Jitter::Within(Ratio::percent(25));
    assert_eq!(ends(quarter), (vec![75, 150, 300], vec![125, 250, 300]));
    assert_eq!(ends(Jitter::Decorrelated), (vec![100, 100, 100], vec![300, 300, 300]));
}

#[test]
fn a_wait_is_varied_unless_it_is_switched_off() {
    for builder in [Backoff::builder(), Backoff::fixed(MS), Backoff::linear(MS)] {
        assert_eq!(builder.build().unwrap().jitter(), Jitter::Full);
    }
    assert_eq!(Backoff::default().jitter(), Jitter::Full);
}

#[test]
fn no_wait_draws_nothing() {
    assert_eq!(Backoff::none().delay(retry(1), None, || panic!("nothing to vary")), Duration::ZERO);
}

#[test]
fn without_a_longest_wait_growth_ends_at_the_longest_duration() {
    for builder in [Backoff::exponential(MS), Backoff::exponential(MS).jitter(Jitter::None)] {
        let backoff = builder.at_most(Duration::MAX).jitter(Jitter::None).build().unwrap();
        assert_eq!(backoff.delay(retry(u32::MAX), None, || 0.5), Duration::MAX);
        assert_eq!(backoff.delay(retry(1025), None, || 0.5), Duration::MAX);
    }
    let nothing = Backoff::exponential(Duration::ZERO).at_most(Duration::MAX).build().unwrap();
    assert_eq!(nothing.delay(retry(u32::MAX), None, || 0.5), Duration::ZERO);
}

#[test]
fn no_draw_makes_a_wait_too_long_for_a_duration() {
    for jitter in [Jitter::Full, Jitter::Equal, Jitter::Within(Ratio::ONE), Jitter::Decorrelated] {
        for initial in [MS, Duration::from_hours(24)] {
            let backoff = Backoff::exponential(initial).at_most(Duration::MAX).jitter(jitter);
            let backoff = backoff.build().unwrap();
            for random in [1.0, 0.5, 0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
                let last = backoff.delay(retry(u32::MAX), Some(Duration::MAX), || random);
                assert!(random < 1.0 || last == Duration::MAX, "{jitter:?}");
            }
        }
    }
}

#[test]
fn no_number_counts_as_the_largest() {
    for jitter in [Jitter::Full, Jitter::Equal, Jitter::Within(Ratio::ONE), Jitter::Decorrelated] {
        let build = || Backoff::exponential(100 * MS).jitter(jitter);
        assert_eq!(waits(build(), f64::NAN, 3), waits(build(), 1.0, 3), "{jitter:?}");
    }
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    let wrong = Backoff::fixed(Duration::from_hours(25))
        .factor(f64::NAN)
        .at_most(Duration::from_hours(25))
        .jitter(Jitter::Within(Ratio::percent(101)))
        .build()
        .unwrap_err();
    let settings: Vec<_> = wrong.iter().map(|error| error.setting().to_owned()).collect();
    assert_eq!(settings, ["initial", "factor", "at_most", "jitter"]);
    let zero = Backoff::fixed(Duration::ZERO);
    assert!(zero.clone().build().is_ok() && zero.needs_wait().build().is_err());
}

fn jitters() -> impl Strategy<Value = Jitter> {
    prop_oneof![
        Just(Jitter::None),
        Just(Jitter::Full),
        Just(Jitter::Equal),
        Just(Jitter::Decorrelated),
        (0..=100_u32).prop_map(|share| Jitter::Within(Ratio::percent(share))),
    ]
}

fn growths() -> impl Strategy<Value = Growth> {
    prop_oneof![
        Just(Growth::Fixed),
        Just(Growth::Linear),
        (1.0..=100.0_f64).prop_map(|factor| Growth::Exponential { factor }),
    ]
}

/// From nothing to a day, the short ones as often as the long ones.
fn lengths() -> impl Strategy<Value = Duration> {
    prop_oneof![
        Just(Duration::ZERO),
        (1..1_000_000_u64).prop_map(Duration::from_nanos),
        (1..86_400_000_u64).prop_map(Duration::from_millis),
    ]
}

/// The wait before chance varies it, grown step by step and cut.
fn naive(growth: &Growth, initial: Duration, number: u32, at_most: Duration) -> f64 {
    let (first, most) = (initial.as_secs_f64(), at_most.as_secs_f64());
    let grown = match growth {
        Growth::Linear => first * f64::from(number),
        Growth::Exponential { factor } => {
            let mut wait = first;
            for _ in 1..number {
                if wait == 0.0 || wait >= most || *factor <= 1.0 {
                    break;
                }
                wait *= factor;
            }
            wait
        }
        _ => first,
    };
    grown.min(most)
}

proptest! {
    #[test]
    fn no_wait_passes_the_longest(
        jitter in jitters(),
        initial in 0..10_000_u64,
        at_most in 0..10_000_u64,
        factor in 1.0..10.0_f64,
        number in 1..u32::MAX,
        previous in 0..100_000_u64,
        random in 0.0..1.0_f64,
    ) {
        let at_most = Duration::from_millis(at_most);
        let backoff = Backoff::exponential(Duration::from_millis(initial))
            .factor(factor)
            .at_most(at_most)
            .jitter(jitter)
            .build()
            .unwrap();
        let previous = Some(Duration::from_millis(previous));
        prop_assert!(backoff.delay(retry(number), previous, || random) <= at_most);
    }

    #[test]
    fn any_wait_lies_where_its_growth_and_its_jitter_say(
        jitter in jitters(),
        growth in growths(),
        initial in lengths(),
        at_most in prop_oneof![lengths(), Just(Duration::MAX)],
        number in prop_oneof![1..50_u32, 1..=u32::MAX],
        previous in prop::option::of(lengths()),
        random in 0.0..1.0_f64,
    ) {
        // Growth by next to nothing never ends to be naive.
        prop_assume!(number < 50 || !matches!(growth, Growth::Exponential { factor } if factor < 1.5));
        let builder = Backoff::fixed(initial).growth(growth.clone()).at_most(at_most);
        let backoff = builder.jitter(jitter).build().unwrap();
        let wait = backoff.delay(retry(number), previous, || random);
        let whole = naive(&growth, initial, number, at_most);
        let most = at_most.as_secs_f64();
        let (from, to) = match jitter {
            Jitter::Full => (0.0, whole),
            Jitter::Equal => (whole / 2.0, whole),
            Jitter::Within(share) => {
                let uncut = naive(&growth, initial, number, Duration::MAX);
                let share = share.as_f64();
                ((uncut * (1.0 - share)).min(most), (uncut * (1.0 + share)).min(most))
            }
            Jitter::Decorrelated => {
                let first = initial.as_secs_f64();
                let reach = previous.unwrap_or(initial).as_secs_f64() * 3.0;
                (first.min(most), reach.max(first).min(most))
            }
            Jitter::None => (whole, whole),
        };
        prop_assert!(wait <= at_most);
        // A nanosecond and what floats of this size cannot tell.
        let close = |bound: f64| bound.mul_add(1e-9, 2e-9);
        let seconds = wait.as_secs_f64();
        prop_assert!(seconds >= from - close(from), "{seconds} is below {from}");
        prop_assert!(seconds <= to + close(to), "{seconds} is above {to}");
    }
}
