use std::sync::Arc;

use super::{
    super::{CountWindow, Counts},
    FAILED, FINE,
};
use crate::sync::{explore, explore_in_one_order, spawn};

fn window(size: u32) -> Arc<CountWindow> {
    Arc::new(CountWindow::new(size, false))
}

#[test]
fn a_look_finds_no_more_failures_than_results() {
    explore(2, 400, || {
        let window = window(4);
        let writers = [1, 2].map(|index| {
            let window = Arc::clone(&window);
            spawn(index, move || window.record(0, FAILED))
        });
        let seen = window.counts(0);
        assert!(seen.failed <= seen.total, "{seen:?}");
        for writer in writers {
            assert!(writer.join().unwrap());
        }
        assert_eq!(window.counts(0), Counts { total: 2, failed: 2, slow: 0 });
    });
}

#[test]
fn of_two_writers_that_look_after_it_one_sees_both() {
    // 31 results before, so that the two write different words.
    for before in [0, 31] {
        explore_in_one_order(2, 100, move || {
            let window = window(40);
            for _ in 0..before {
                window.record(0, FINE);
            }
            let look = |window: &CountWindow| {
                window.record(0, FAILED);
                window.counts(0).failed
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
fn a_word_that_is_used_again_keeps_what_is_in_the_window() {
    // A window of 4 has two words of 32: number 64 clears the one of number 0.
    for (first, second) in [(FAILED, FINE), (FINE, FAILED), (FAILED, FAILED)] {
        explore(2, 10, move || {
            let window = window(4);
            for number in 0..63 {
                window.record(0, if number < 32 { FAILED } else { FINE });
            }
            let other = spawn(1, {
                let window = Arc::clone(&window);
                move || window.record(0, first)
            });
            window.record(0, second);
            other.join().unwrap();
            let failed = u64::from(first.failed) + u64::from(second.failed);
            assert_eq!(window.counts(0), Counts { total: 4, failed, slow: 0 });
        });
    }
}

#[test]
fn an_epoch_that_begins_holds_nothing_of_the_one_before() {
    explore(2, 3_000, || {
        let window = window(4);
        window.record(0, FAILED);
        let late = spawn(1, {
            let window = Arc::clone(&window);
            move || window.record(0, FAILED)
        });
        let looking = spawn(2, {
            let window = Arc::clone(&window);
            move || window.counts(1)
        });
        window.begin(1);
        assert!(window.record(1, FINE), "the epoch has begun");
        assert!(window.record(1, FAILED), "the epoch has begun");
        late.join().unwrap();
        let seen = looking.join().unwrap();
        assert!(seen.total <= 2 && seen.failed <= 1, "{seen:?}");
        assert_eq!(window.counts(1), Counts { total: 2, failed: 1, slow: 0 });
        assert!(!window.record(0, FAILED), "that one is over");
    });
}
