use std::time::Duration;

use crate::{
    harness::{Case, Load, Subject, calls, now},
    inner::{Down, Echo},
    subjects::{LONG, failsafe, ours, recloser, seatbelt, tower_resilience},
};

/// A closed breaker, every call of which succeeds.
pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    cases.extend([100, 1_000, 10_000].map(count_window));
    cases.push(count_per_thread());
    cases.extend([10, 100, 1_000, 10_000].map(time_window));
    cases.push(consecutive());
    cases.push(slow_calls());
    cases
}

fn count_window(size: u32) -> Case {
    Case::timed(
        &format!("closed-count-{size}"),
        &format!("breaker closed, count window of {size}"),
        vec![
            Subject::ours(move || calls(ours::breaker(ours::count_window(size), ours::echo()))),
            Subject::new(tower_resilience::NAME, move || {
                let config = tower_resilience::count_window(size);
                calls(tower_resilience::breaker(config, Echo::<Down>::ready()))
            }),
            Subject::new(recloser::NAME, move || {
                calls(recloser::count_window(size, LONG, Echo::<Down>::ready()))
            }),
        ],
    )
    .bound(22.0)
}

fn count_per_thread() -> Case {
    Case::timed(
        "closed-count-per-thread",
        "breaker closed, count window of 100 for each thread",
        vec![Subject::ours(|| calls(ours::breaker(ours::count_per_thread(100), ours::echo())))],
    )
}

fn time_window(inside: u32) -> Case {
    Case::timed(
        &format!("closed-time-{inside}"),
        &format!("breaker closed, time window with {inside} calls in it"),
        vec![
            Subject::ours(|| calls(ours::breaker(ours::time_window(), ours::echo()))),
            Subject::new(tower_resilience::NAME, move || holding(inside)).unsteady(),
            Subject::new(seatbelt::NAME, || {
                calls(seatbelt::closed(&seatbelt::exact(), Echo::ready()))
            }),
            Subject::new(seatbelt::COARSE, || {
                calls(seatbelt::closed(&seatbelt::coarse(), Echo::ready()))
            }),
            Subject::new(failsafe::NAME, || {
                calls(failsafe::time_window(LONG, Echo::<Down>::ready()))
            }),
        ],
    )
    .bound(45.0)
}

/// A breaker of tower-resilience whose window is so short that about `inside` calls are in it at
/// full speed. The cost of the others does not depend on how many there are, and their windows
/// are longer, so that they hold more.
fn holding(inside: u32) -> Box<dyn Load> {
    let inside = u64::from(inside);
    let some = inside.div_ceil(8);
    let mut took: Vec<_> = (0..5)
        .map(|_| {
            let mut load = with_span(LONG);
            load.run(inside);
            let began = now();
            load.run(some);
            began.elapsed()
        })
        .collect();
    took.sort();
    let per_call = took[2].as_secs_f64() / f64::from(u32::try_from(some).unwrap_or(u32::MAX));
    #[expect(clippy::cast_precision_loss, reason = "at most 10,000")]
    let mut load = with_span(Duration::from_secs_f64(per_call * inside as f64));
    load.run(inside * 3);
    load
}

fn with_span(span: Duration) -> Box<dyn Load> {
    let config = tower_resilience::time_window(span);
    calls(tower_resilience::breaker(config, Echo::<Down>::ready()))
}

fn consecutive() -> Case {
    Case::timed(
        "closed-consecutive",
        "breaker closed, failures in a row",
        vec![
            Subject::ours(|| calls(ours::breaker(ours::consecutive(), ours::echo()))),
            Subject::new(tower_resilience::NAME, || {
                let config = tower_resilience::consecutive();
                calls(tower_resilience::breaker(config, Echo::<Down>::ready()))
            }),
            Subject::new(failsafe::NAME, || {
                calls(failsafe::consecutive(LONG, Echo::<Down>::ready()))
            }),
        ],
    )
    .bound(17.0)
}

fn slow_calls() -> Case {
    Case::timed(
        "closed-slow-calls",
        "breaker closed, slow calls told apart",
        vec![
            Subject::ours(|| calls(ours::breaker(ours::slow_calls(), ours::echo()))),
            Subject::new(tower_resilience::NAME, || {
                let config = tower_resilience::slow_calls(100);
                calls(tower_resilience::breaker(config, Echo::<Down>::ready()))
            }),
        ],
    )
    .bound(70.0)
}
