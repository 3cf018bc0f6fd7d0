//! The window that each thread has its own part of.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Barrier, Mutex},
    thread,
};

use proptest::prelude::*;

use super::{BAD, GOOD, counts, sums};
use crate::{
    sync::{cores, thread_number},
    window::{CountPerThread, CountWindow, Counts, Mark},
};

/// Runs `work` on a thread of its own, while this one lives.
fn elsewhere<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| scope.spawn(work).join()).unwrap()
}

#[test]
fn each_thread_adds_its_last_results_and_nothing_else() {
    const THREADS: usize = 8;
    const SIZE: usize = 5;
    let window = CountPerThread::new(5, true);
    // By the numbers of the threads, as far as they have a part of their own; the first one has.
    let (first, own_parts) = (thread_number(), (2 * cores()).min(64));
    let naive: Mutex<BTreeMap<Option<usize>, VecDeque<_>>> = Mutex::default();
    let record = |at: usize| {
        let result = (at.is_multiple_of(2), at.is_multiple_of(3));
        let me = thread_number();
        let mut naive = naive.lock().unwrap();
        assert!(window.record(0, Mark { failed: result.0, slow: result.1 }));
        let own = naive.entry((me == first || me < own_parts).then_some(me)).or_default();
        own.push_back(result);
        if own.len() > SIZE {
            own.pop_front();
        }
        assert_eq!(window.counts(0), sums(naive.values().flatten()));
    };
    (0..20).for_each(record);
    let all_are_there = Barrier::new(THREADS);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (record, all_are_there) = (&record, &all_are_there);
            scope.spawn(move || {
                all_are_there.wait();
                (0..30).for_each(|at| record(at * (thread + 1) + thread));
                // A thread that ends would leave its part to another.
                all_are_there.wait();
            });
        }
    });
    (0..20).for_each(record);
    assert!(naive.lock().unwrap().len() > 1, "some have a part of their own");
}

#[test]
fn the_results_of_the_first_thread_leave_when_others_have_come() {
    let window = CountPerThread::new(3, false);
    for _ in 0..3 {
        window.record(0, BAD);
    }
    elsewhere(|| {
        window.record(0, BAD);
        assert_eq!(window.counts(0), counts(4, 4));
    });
    for failures in (0..3).rev() {
        window.record(0, GOOD);
        assert_eq!(window.counts(0), counts(4, failures + 1));
    }
}

#[test]
fn threads_that_record_at_once_lose_nothing() {
    let window = CountPerThread::new(100_000, false);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for n in 0..10_000 {
                    let mark = Mark { failed: n % 4 == 0, slow: false };
                    assert!(window.record(1, mark));
                }
            });
        }
    });
    assert_eq!(window.counts(1), counts(40_000, 10_000));
}

#[test]
fn an_epoch_that_begins_holds_nothing_of_the_ones_before_however_many_had_no_result() {
    let window = CountPerThread::new(10, false);
    window.record(1, BAD);
    let mut epoch = 1;
    // 16 bits of the epoch come round to the same, to an earlier and to a later one.
    for pause in [1, 1 << 14, (1 << 15) + 1, 1 << 16, 70_000, (1 << 17) - 1, 1 << 40] {
        epoch += pause;
        assert_eq!(window.counts(epoch), counts(0, 0), "epoch {epoch}");
        assert!(window.record(epoch, GOOD));
        assert_eq!(window.counts(epoch), counts(1, 0), "epoch {epoch}");
        assert!(window.record(epoch, BAD));
        assert_eq!(window.counts(epoch), counts(2, 1), "epoch {epoch}");
    }
}

#[test]
fn a_part_that_no_thread_has_used_for_long_adds_nothing_and_catches_up() {
    let window = CountPerThread::new(10, false);
    window.record(3, BAD);
    elsewhere(|| window.record(3, BAD));
    assert_eq!(window.counts(3), counts(2, 2));
    for pause in [1, 1 << 15, 1 << 16] {
        let epoch = 3 + pause;
        elsewhere(|| window.record(epoch, BAD));
        assert_eq!(window.counts(epoch), counts(1, 1), "epoch {epoch}");
        window.record(epoch, GOOD);
        assert_eq!(window.counts(epoch), counts(2, 1), "epoch {epoch}");
    }
}

#[test]
fn a_late_result_changes_nothing() {
    for now in [5, 70_000, 4 + (1 << 16), 4 + (1 << 17)] {
        let window = CountPerThread::new(10, false);
        window.record(4, BAD);
        window.record(now, BAD);
        assert!(!window.record(4, BAD), "that one is over");
        assert_eq!((window.counts(now), window.counts(4)), (counts(1, 1), counts(0, 0)));
        // This thread's part has not come to know it.
        elsewhere(|| window.record(4, BAD));
        assert_eq!(window.counts(now), counts(1, 1));
        assert!(window.record(now, GOOD), "nor is it turned back");
        assert_eq!(window.counts(now), counts(2, 1));
    }
}

#[test]
fn slow_results_are_told_apart_where_they_are_to_be() {
    let slow = Mark { failed: false, slow: true };
    for (tells_slow, expected) in [(true, 2), (false, 0)] {
        let window = CountPerThread::new(3, tells_slow);
        for mark in [slow, slow, GOOD, BAD] {
            window.record(0, mark);
        }
        elsewhere(|| window.record(0, slow));
        assert_eq!(window.counts(0), Counts { total: 4, failed: 1, slow: expected });
    }
}

proptest! {
    #[test]
    fn on_one_thread_it_equals_the_naive_count_window(
        size in 1u32..200,
        results in prop::collection::vec((any::<(bool, bool)>(), 0u32..200), 0..600),
    ) {
        let window = CountPerThread::new(size, true);
        let tells_no_slow = CountPerThread::new(size, false);
        let (mut epoch, mut naive) = (3, VecDeque::new());
        for ((failed, slow), chance) in results {
            if chance == 0 {
                epoch += 1;
                naive.clear();
            }
            let mark = Mark { failed, slow };
            prop_assert!(window.record(epoch, mark) && tells_no_slow.record(epoch, mark));
            naive.push_back((failed, slow));
            if naive.len() > size as usize {
                naive.pop_front();
            }
            let expected = sums(naive.iter());
            prop_assert_eq!(window.counts(epoch), expected);
            prop_assert_eq!(tells_no_slow.counts(epoch), Counts { slow: 0, ..expected });
        }
    }
}

#[test]
fn a_window_begins_an_epoch_once_however_many_ask_for_it() {
    let window = CountWindow::new(10, false);
    for epoch in [1, 0x8001, 0xffff, 0x1_0002] {
        window.begin_unless(epoch, || false);
        assert_eq!(window.counts(epoch), counts(0, 0), "epoch {epoch:#x}");
        window.record(epoch, BAD);
        window.begin_unless(epoch, || false);
        assert_eq!(window.counts(epoch), counts(1, 1), "epoch {epoch:#x} has begun");
    }
    window.begin_unless(0x1_0001, || true);
    assert_eq!(window.counts(0x1_0002), counts(1, 1), "one that is over turns nothing back");
}
