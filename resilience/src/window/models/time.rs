use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    super::{Counts, Recorded, TimeWindow},
    FAILED, FINE,
};
use crate::sync::{explore, explore_in_one_order, spawn};

/// Two buckets of one second, and a function that makes times.
fn window() -> (Arc<TimeWindow>, impl Fn(u64) -> Instant + Copy) {
    let origin = Instant::now();
    let window = TimeWindow::new(Duration::from_secs(2), 2, origin, false);
    (Arc::new(window), move |seconds| origin + Duration::from_secs(seconds))
}

#[test]
fn of_two_writers_that_look_after_it_one_sees_both() {
    // On one line, and each on a line of its own.
    for is_wide in [false, true] {
        explore_in_one_order(2, 100, move || {
            let (window, at) = window();
            if is_wide {
                window.widen();
            }
            let now = at(0);
            let look = move |window: &TimeWindow| {
                window.record(0, FAILED, now);
                window.counts(0, now).failed
            };
            let other = spawn(1, {
                let window = Arc::clone(&window);
                move || look(&window)
            });
            let mine = look(&window);
            assert_eq!(mine.max(other.join().unwrap()), 2);
        });
    }
}

#[test]
fn writers_that_meet_and_widen_the_window_lose_nothing() {
    explore(2, 100, || {
        let (window, at) = window();
        let now = at(0);
        window.record(0, FAILED, now);
        let writers = [1, 2].map(|index| {
            let window = Arc::clone(&window);
            spawn(index, move || window.record(0, FAILED, now))
        });
        let seen = window.counts(0, now);
        assert!((1..=3).contains(&seen.failed), "{seen:?}");
        for writer in writers {
            assert_ne!(writer.join().unwrap(), Recorded::Stale);
        }
        assert_eq!(window.counts(0, now), Counts { total: 3, failed: 3, slow: 0 });
    });
}

#[test]
fn a_writer_that_comes_late_touches_no_newer_bucket() {
    explore(2, 10, || {
        let (window, at) = window();
        let late = spawn(1, {
            let (window, then) = (Arc::clone(&window), at(0));
            move || window.record(0, FAILED, then)
        });
        // The same word, one window later.
        assert_ne!(window.record(0, FAILED, at(2)), Recorded::Stale);
        late.join().unwrap();
        assert_eq!(window.counts(0, at(2)), Counts { total: 1, failed: 1, slow: 0 });
    });
}

#[test]
fn an_epoch_that_begins_holds_nothing_of_the_one_before() {
    // The clocks of two threads may differ by a bucket, either way.
    for (before, after) in [(0, 0), (0, 1), (1, 0)] {
        explore(2, 600, move || {
            let (window, at) = window();
            let (then, now) = (at(before), at(after));
            window.record(0, FAILED, then);
            let late = spawn(1, {
                let window = Arc::clone(&window);
                move || window.record(0, FAILED, then)
            });
            let looking = spawn(2, {
                let window = Arc::clone(&window);
                move || window.counts(1, now)
            });
            assert_ne!(window.record(1, FINE, now), Recorded::Stale);
            assert_ne!(window.record(1, FAILED, now), Recorded::Stale);
            late.join().unwrap();
            let seen = looking.join().unwrap();
            assert!(seen.total <= 2 && seen.failed <= 1, "{seen:?}");
            assert_eq!(window.counts(1, now), Counts { total: 2, failed: 1, slow: 0 });
        });
    }
}
