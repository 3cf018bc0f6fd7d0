//! Any sort of window, and what may be asked of it.

use std::time::Duration;

use tokio::time::Instant;

use super::{BAD, GOOD, counts};
use crate::{
    config::Check,
    window::{Recorded, Results, TimeWindow, Window},
};

const MS: Duration = Duration::from_millis(1);

#[test]
fn a_window_of_a_thousand_buckets_forgets_them_one_by_one() {
    let start = Instant::now();
    let window = TimeWindow::new(MS * 1_000, 1_000, start, false);
    for at in 0..1_000 {
        window.record(0, if at % 2 == 0 { BAD } else { GOOD }, start + MS * at);
    }
    assert_eq!(window.counts(0, start + MS * 999), counts(1_000, 500));
    for later in [1, 2, 500, 998, 999] {
        let now = start + MS * (999 + later);
        let left = u64::from(1_000 - later);
        assert_eq!(window.counts(0, now), counts(left, left / 2), "{later} ms later");
    }
    assert_eq!(window.counts(0, start + MS * 1_999), counts(0, 0));
}

#[test]
fn a_bucket_is_used_again_after_a_round_whatever_their_number() {
    for buckets in [1, 3, 7, 999, 1_000] {
        let start = Instant::now();
        let window = TimeWindow::new(MS * buckets, buckets, start, false);
        for at in 0..buckets * 3 {
            window.record(0, BAD, start + MS * at);
            let full = u64::from(buckets.min(at + 1));
            assert_eq!(window.counts(0, start + MS * at), counts(full, full), "{buckets} buckets");
        }
    }
}

#[test]
fn the_first_result_of_a_bucket_tells_that_older_ones_may_have_left() {
    let start = Instant::now();
    let window = Window::Time { span: MS * 10, buckets: 10 };
    let results = Results::new(window, start, false);
    let record = |mark, at| results.record(0, mark, || start + MS * at);
    assert_eq!(record(GOOD, 1), Some(true));
    assert_eq!(record(GOOD, 1), Some(false));
    assert_eq!(record(GOOD, 2), Some(true));
    for count in [Window::Count { size: 2 }, Window::CountPerThread { size: 2 }] {
        let last = Results::new(count, start, false);
        last.begin(0);
        for _ in 0..5 {
            assert_eq!(last.record(0, GOOD, || start), Some(false), "a count never does");
        }
    }
}

#[test]
fn a_writer_that_comes_a_whole_window_late_is_told_so() {
    let start = Instant::now();
    let results = Results::new(Window::Time { span: MS * 4, buckets: 4 }, start, false);
    assert_eq!(results.record(0, BAD, || start + MS * 4), Some(true));
    assert_eq!(results.record(0, BAD, || start), None, "its bucket is in use again");
    assert_eq!(results.counts(0, || start + MS * 4), counts(1, 1));
}

#[test]
fn a_minimum_is_never_above_what_a_count_window_holds() {
    let time = Window::Time { span: MS * 10, buckets: 10 };
    for (window, asked, meant) in [
        (Window::Count { size: 10 }, 9, 9),
        (Window::Count { size: 10 }, 10, 10),
        (Window::Count { size: 10 }, 11, 10),
        (Window::CountPerThread { size: 10 }, 10, 10),
        (Window::CountPerThread { size: 10 }, 11, 10),
        (time, 1_000_000, 1_000_000),
    ] {
        assert_eq!(window.reachable(asked), meant, "{window:?}");
    }
}

#[test]
fn the_ranges_of_a_window_are_checked_at_both_ends() {
    let fits = |window: Window| {
        let mut check = Check::default();
        window.check(&mut check);
        check.finish(()).is_ok()
    };
    let time = |span, buckets| Window::Time { span, buckets };
    for (window, expected) in [
        (Window::Count { size: 0 }, false),
        (Window::Count { size: 1 }, true),
        (Window::Count { size: 1_000_000 }, true),
        (Window::Count { size: 1_000_001 }, false),
        (Window::CountPerThread { size: 0 }, false),
        (Window::CountPerThread { size: 1 }, true),
        (Window::CountPerThread { size: 1_000_000 }, true),
        (Window::CountPerThread { size: 1_000_001 }, false),
        (time(MS, 1), true),
        (time(MS, 2), false),
        (time(MS * 1_000, 1_000), true),
        (time(MS * 100_000, 100_000), true),
        (time(MS * 100_001, 100_001), false),
        (time(MS * 10, 0), false),
        (time(Duration::from_hours(24), 10), true),
        (time(Duration::from_hours(24) + MS, 10), false),
    ] {
        assert_eq!(fits(window), expected, "{window:?}");
    }
}

#[test]
fn a_bucket_that_was_not_touched_until_its_number_comes_round_is_old() {
    let start = Instant::now();
    let window = TimeWindow::new(MS * 1_000, 1_000, start, false);
    window.record(0, BAD, start);
    // The numbers of buckets of a millisecond come round after 2^32 of them, in a minute.
    let later = start + MS * 4_294_907_000;
    assert_eq!(window.record(0, BAD, later), Recorded::Began);
    assert_eq!(window.counts(0, later).failed, 1);
}
