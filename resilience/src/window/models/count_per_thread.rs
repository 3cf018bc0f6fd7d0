use std::sync::Arc;

use super::{
    super::{CountPerThread, Counts},
    FAILED, FINE,
};
use crate::sync::{explore, explore_in_one_order, spawn};

/// Threads beyond those that have a line of their own.
const SHARED: [usize; 2] = [8, 9];

fn window() -> Arc<CountPerThread> {
    Arc::new(CountPerThread::new(4, false))
}

#[test]
fn of_two_writers_that_look_after_it_one_sees_both() {
    // The first result of either thread makes its shard, and the first of an epoch lets it catch up.
    for results_before in [false, true] {
        explore_in_one_order(2, 500, move || {
            let window = window();
            if results_before {
                window.record(0, FAILED);
            }
            let look = |window: &CountPerThread| {
                window.record(1, FAILED);
                window.counts(1).failed
            };
            let other = spawn(1, {
                let window = Arc::clone(&window);
                move || {
                    if results_before {
                        window.record(0, FAILED);
                    }
                    look(&window)
                }
            });
            let mine = look(&window);
            assert_eq!(mine.max(other.join().unwrap()), 2);
        });
    }
}

#[test]
fn an_epoch_that_begins_holds_nothing_of_the_one_before() {
    // The late result is on a line of its own, and on that of the new ones. There two threads
    // are enough: what a third one sees is the same word.
    for (late, others_look) in [(1, true), (SHARED[0], false)] {
        explore(2, 1_000, move || {
            let window = window();
            window.record(0, FAILED);
            let late = spawn(late, {
                let window = Arc::clone(&window);
                move || window.record(0, FAILED)
            });
            let new = spawn(SHARED[1], {
                let window = Arc::clone(&window);
                move || {
                    assert!(window.record(1, FINE), "the epoch has begun");
                    assert!(window.record(1, FAILED), "the epoch has begun");
                    assert_eq!(window.counts(1), Counts { total: 2, failed: 1, slow: 0 });
                }
            });
            if others_look {
                let seen = window.counts(1);
                assert!(seen.total <= 2 && seen.failed <= 1, "{seen:?}");
            }
            new.join().unwrap();
            late.join().unwrap();
            assert_eq!(window.counts(1), Counts { total: 2, failed: 1, slow: 0 });
        });
    }
}

#[test]
fn threads_that_catch_up_at_once_on_one_line_lose_nothing() {
    explore(2, 500, || {
        let window = window();
        window.record(0, FINE);
        spawn(SHARED[0], {
            let window = Arc::clone(&window);
            move || window.record(0, FAILED)
        })
        .join()
        .unwrap();
        let both = SHARED.map(|index| {
            let window = Arc::clone(&window);
            spawn(index, move || window.record(1, FAILED))
        });
        for writer in both {
            assert!(writer.join().unwrap(), "the epoch has begun");
        }
        assert_eq!(window.counts(1), Counts { total: 2, failed: 2, slow: 0 });
    });
}

#[test]
fn who_catches_up_with_an_epoch_that_is_over_turns_no_later_one_back() {
    explore(2, 1_000, || {
        let window = window();
        window.record(0, FINE);
        let late = spawn(SHARED[0], {
            let window = Arc::clone(&window);
            move || window.record(1, FAILED)
        });
        let new = spawn(SHARED[1], {
            let window = Arc::clone(&window);
            move || window.record(2, FAILED)
        });
        late.join().unwrap();
        assert!(new.join().unwrap(), "none is later");
        assert_eq!(window.counts(2), Counts { total: 1, failed: 1, slow: 0 });
        assert_eq!(window.counts(1), Counts::default());
    });
}
