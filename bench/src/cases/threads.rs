use crate::{
    harness::{Case, Subject, asks, calls},
    inner::{Down, Echo},
    subjects::{LONG, failsafe, ours, recloser, seatbelt, tower_resilience},
};

use super::stack;

/// Two threads that share one breaker or stack, each with a clone of its own.
pub(super) fn cases() -> Vec<Case> {
    vec![bare(), time_window(), consecutive(), count_window(), count_per_thread(), full_stack()]
}

/// What two threads reach that have nothing in common.
fn bare() -> Case {
    let bare = Subject::new("none", || calls(Echo::<Down>::ready()));
    Case::threads("threads-bare", "two threads, bare calls", vec![bare])
}

fn time_window() -> Case {
    Case::threads(
        "threads-time",
        "two threads on one breaker, time window",
        vec![
            Subject::ours(|| calls(ours::breaker(ours::time_window(), ours::echo()))),
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
    .bound(1.8)
}

fn consecutive() -> Case {
    Case::threads(
        "threads-consecutive",
        "two threads on one breaker, failures in a row",
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
    .bound(1.8)
}

fn count_window() -> Case {
    Case::threads(
        "threads-count",
        "two threads on one breaker, exact count window of 100",
        vec![
            Subject::ours(|| calls(ours::breaker(ours::count_window(100), ours::echo()))),
            Subject::new(tower_resilience::NAME, || {
                let config = tower_resilience::count_window(100);
                calls(tower_resilience::breaker(config, Echo::<Down>::ready()))
            }),
            Subject::new(recloser::NAME, || {
                calls(recloser::count_window(100, LONG, Echo::<Down>::ready()))
            }),
        ],
    )
    .bound(0.8)
}

fn count_per_thread() -> Case {
    Case::threads(
        "threads-count-per-thread",
        "two threads on one breaker, count window of 100 for each thread",
        vec![Subject::ours(|| calls(ours::breaker(ours::count_per_thread(100), ours::echo())))],
    )
    .bound(1.7)
}

fn full_stack() -> Case {
    Case::threads(
        "threads-stack",
        "two threads on one full stack",
        vec![
            Subject::ours(|| asks(ours::stack(ours::echo()))),
            Subject::new(tower_resilience::NAME, || {
                calls(tower_resilience::stack(Echo::<Down>::ready()))
            }),
            Subject::new(seatbelt::NAME, || {
                calls(seatbelt::stack(&seatbelt::exact(), Echo::ready()))
            }),
            Subject::new(stack::WITH_FAILSAFE, || calls(stack::with_failsafe(Echo::ready()))),
            Subject::new(stack::WITH_RECLOSER, || calls(stack::with_recloser(Echo::ready()))),
        ],
    )
    .bound(1.7)
}
