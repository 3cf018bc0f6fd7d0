use std::hint::black_box;

use crate::{
    harness::{Case, Load, Subject, calls, work},
    subjects::ours,
};

const SINGLE: &str = "one breaker for all";

/// The keys that there are besides the hot one.
const OTHERS: u64 = 1_000;

/// As many keys as there may be by default.
const MANY: u64 = 10_000;

/// Breakers by key: what finding one adds to a call, and what looking at all takes.
pub(super) fn cases() -> Vec<Case> {
    vec![count_window(), time_window(), numbers(), many_keys(), threads(), snapshots()]
}

fn count_window() -> Case {
    Case::timed(
        "keyed-count",
        "keyed breaker, hot key of 21 bytes, count window of 100: what the key adds",
        vec![
            Subject::ours(|| {
                calls(ours::keyed_by_host(ours::count_window(100), OTHERS, ours::echo()))
            })
            .over(SINGLE),
            Subject::new(SINGLE, || calls(ours::breaker(ours::count_window(100), ours::echo()))),
        ],
    )
    .bound(45.0)
}

fn time_window() -> Case {
    Case::timed(
        "keyed-time",
        "keyed breaker, hot key of 21 bytes, time window: what the key adds",
        vec![
            Subject::ours(|| calls(ours::keyed_by_host(ours::time_window(), OTHERS, ours::echo())))
                .over(SINGLE),
            Subject::new(SINGLE, || calls(ours::breaker(ours::time_window(), ours::echo()))),
        ],
    )
    .bound(45.0)
}

fn numbers() -> Case {
    Case::timed(
        "keyed-number",
        "keyed breaker, hot key that is a number, count window of 100: what the key adds",
        vec![
            Subject::ours(|| {
                calls(ours::keyed_by_number(ours::count_window(100), OTHERS, |_| 7, ours::echo()))
            })
            .over(SINGLE),
            Subject::new(SINGLE, || calls(ours::breaker(ours::count_window(100), ours::echo()))),
        ],
    )
    .bound(45.0)
}

/// Without a bound: most of it is the way to memory that is not in the nearest cache.
fn many_keys() -> Case {
    Case::timed(
        "keyed-in-turn",
        "keyed breaker, 1,000 keys in turn, count window of 100: what the key adds",
        vec![
            Subject::ours(|| {
                let key = |number: &u64| number % OTHERS;
                calls(ours::keyed_by_number(ours::count_window(100), OTHERS, key, ours::echo()))
            })
            .over(SINGLE),
            Subject::new(SINGLE, || calls(ours::breaker(ours::count_window(100), ours::echo()))),
        ],
    )
}

fn threads() -> Case {
    Case::threads(
        "threads-keyed",
        "two threads on one key of a keyed breaker, time window",
        vec![Subject::ours(|| {
            calls(ours::keyed_by_host(ours::time_window(), OTHERS, ours::echo()))
        })],
    )
    .bound(1.7)
}

fn snapshots() -> Case {
    Case::timed(
        "keyed-snapshots",
        "keyed breaker, a look at 10,000 keys in their order",
        // Marked as unsteady because counting the instructions of so much work takes minutes.
        vec![Subject::ours(snapshot).unsteady()],
    )
    .bound(20e6)
}

fn snapshot() -> Box<dyn Load> {
    let handle = ours::keyed_handle(ours::time_window(), MANY);
    work(move |looks| {
        for _ in 0..looks {
            let page = black_box(handle.snapshots(None, usize::MAX));
            assert_eq!(page.len() as u64, MANY, "every key is there");
        }
    })
}
