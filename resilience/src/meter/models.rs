//! What holds of counters in every order of steps.

use std::sync::Arc;

use super::{Kind, Meter};
use crate::{
    name::Name,
    sync::{explore, spawn},
};

static KIND: Kind =
    Kind { metric: "model_calls_total", help: "", label: "outcome", outcomes: &["a", "b"] };

/// Lets two threads count beside the first and looks at what a reader may see, whose first look
/// comes after `before` calls.
fn count_beside(others: [usize; 2], before: u64, is_wide: bool) {
    let meter = Arc::new(Meter::new(&KIND, Name::from_static("model")));
    if is_wide {
        meter.widen();
    }
    for _ in 0..before {
        meter.count(0);
    }
    let others = others.map(|index| {
        let meter = Arc::clone(&meter);
        spawn(index, move || {
            meter.count(0);
            meter.count(1);
        })
    });
    let first = meter.total(0);
    let second = meter.total(0);
    assert!(before <= first && first <= second && second <= before + 2, "{first}, {second}");
    for other in others {
        other.join().unwrap();
    }
    assert_eq!((meter.total(0), meter.total(1)), (before + 2, 2));
}

#[test]
fn a_counter_that_widens_while_it_is_counted_and_read_loses_nothing_and_counts_nothing_twice() {
    explore(2, 5_000, || count_beside([1, 2], 1, false));
}

#[test]
fn a_wide_counter_loses_nothing_and_counts_nothing_twice() {
    explore(3, 3_000, || count_beside([1, 2], 0, true));
}

#[test]
fn a_line_that_threads_share_loses_nothing_and_counts_nothing_twice() {
    explore(3, 1_000, || count_beside([8, 9], 0, true));
}
