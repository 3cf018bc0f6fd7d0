use std::{collections::VecDeque, time::Duration};

use proptest::prelude::*;
use tokio::time::Instant;

use super::{CountWindow, Counts, Mark, Run, TimeWindow, is_later};

mod count_per_thread;
mod sliding;
mod span;
mod tally;

const GOOD: Mark = mark(false);
const BAD: Mark = mark(true);

const fn mark(failed: bool) -> Mark {
    Mark { failed, slow: false }
}

const fn counts(total: u64, failed: u64) -> Counts {
    Counts { total, failed, slow: 0 }
}

#[test]
fn a_tag_is_later_than_one_that_it_is_ahead_of_by_less_than_the_reach() {
    let later = |ahead: u32| is_later(ahead.wrapping_sub(3), u32::MAX - 2, 10);
    assert!(!later(0) && later(1) && later(9) && !later(10) && !later(u32::MAX));
}

#[test]
fn a_count_window_holds_exactly_the_last_results() {
    let window = CountWindow::new(10, false);
    window.begin(0);
    for _ in 0..1_000 {
        assert!(window.record(0, GOOD));
    }
    for failures in 1..=10 {
        window.record(0, BAD);
        assert_eq!(window.counts(0), counts(10, failures));
    }
    window.record(0, GOOD);
    assert_eq!(window.counts(0), counts(10, 9));
}

#[test]
fn a_count_window_forgets_a_failure_after_any_number_of_successes() {
    // Over two million successes the 16 bits of a lane's tag come round to the same value.
    let window = CountWindow::new(64, false);
    window.begin(0);
    window.record(0, BAD);
    for at in 1..=3_000_000u32 {
        window.record(0, GOOD);
        if at >= 64 && at.is_multiple_of(8_191) {
            assert_eq!(window.counts(0).failed, 0, "after {at}");
        }
    }
}

#[test]
fn a_writer_that_was_put_aside_touches_no_newer_word() {
    let window = CountWindow::new(64, false);
    window.begin(0);
    for _ in 0..100 {
        window.record(0, BAD);
    }
    assert_eq!(window.counts(0), counts(64, 64));
    // The words are three, and that of the first results holds the last ones by now.
    window.fail(0, 3);
    assert_eq!(window.counts(0), counts(64, 64));
}

#[test]
fn a_result_that_came_after_the_question_is_not_in_the_answer() {
    let window = CountWindow::new(64, false);
    window.begin(0);
    for _ in 0..70 {
        window.record(0, GOOD);
    }
    // Numbers that nobody had taken when the total was read.
    (70..96).for_each(|number| window.fail(0, number));
    assert_eq!(window.counts(0), counts(64, 0));
}

#[test]
fn results_of_an_epoch_that_is_over_are_not_counted() {
    let window = CountWindow::new(10, false);
    window.begin(4);
    window.record(4, BAD);
    window.begin(5);
    assert!(!window.record(4, BAD));
    assert_eq!(window.counts(5), counts(0, 0));
    assert_eq!(window.counts(4), counts(0, 0));

    let start = Instant::now();
    let window = TimeWindow::new(Duration::from_secs(10), 10, start, false);
    window.record(4, BAD, start);
    window.record(5, GOOD, start);
    window.record(4, BAD, start);
    assert_eq!(window.counts(5, start), counts(1, 0));
}

#[test]
fn a_count_window_sees_failures_after_any_number_of_epochs() {
    let window = CountWindow::new(10, false);
    window.begin(1);
    window.record(1, BAD);
    for epochs in [2, 1 << 14, 1 << 15, (1 << 15) + 1, (1 << 16) + 2, 1 << 20] {
        window.begin(epochs);
        window.record(epochs, BAD);
        assert_eq!(window.counts(epochs), counts(1, 1), "epoch {epochs}");
    }
}

#[test]
fn a_result_exactly_one_span_old_is_out() {
    let start = Instant::now();
    let window = TimeWindow::new(Duration::from_secs(10), 10, start, false);
    window.record(1, BAD, start);
    let almost = start + Duration::from_secs(10) - Duration::from_nanos(1);
    assert_eq!(window.counts(1, almost), counts(1, 1));
    assert_eq!(window.counts(1, start + Duration::from_secs(10)), counts(0, 0));
}

#[test]
fn a_very_long_gap_leaves_the_window_empty() {
    let start = Instant::now();
    let window = TimeWindow::new(Duration::from_millis(10), 10, start, false);
    window.record(0, BAD, start);
    for days in [1, 30, 49, 50, 365] {
        let now = start + Duration::from_secs(days * 86_400);
        assert_eq!(window.counts(0, now), counts(0, 0), "{days} days");
        window.record(0, GOOD, now);
        assert_eq!(window.counts(0, now), counts(1, 0), "{days} days, and then a result");
    }
}

#[test]
fn a_success_ends_the_run_of_failures() {
    let run = Run::default();
    assert_eq!((run.failed(1), run.failed(1)), (1, 2));
    run.succeeded(1);
    assert_eq!((run.length(1), run.failed(1)), (0, 1));
    assert_eq!(run.failed(2), 1, "a new epoch starts anew");
    assert_eq!(run.failed(1), 0, "the old epoch adds nothing");
    run.succeeded(1);
    assert_eq!(run.length(2), 1, "nor does it end the run");
}

#[test]
fn threads_that_record_at_once_lose_nothing() {
    let start = Instant::now();
    let time = TimeWindow::new(Duration::from_hours(1), 10, start, false);
    let count = CountWindow::new(100_000, false);
    count.begin(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for n in 0..10_000 {
                    time.record(0, mark(n % 4 == 0), start);
                    count.record(0, mark(n % 4 == 0));
                }
            });
        }
    });
    assert_eq!(time.counts(0, start), counts(40_000, 10_000));
    assert_eq!(count.counts(0), counts(40_000, 10_000));
}

/// What every window must hold: the results in `naive`.
fn sums<'a>(naive: impl Iterator<Item = &'a (bool, bool)>) -> Counts {
    naive.fold(Counts::default(), |counts, &(failed, slow)| Counts {
        total: counts.total + 1,
        failed: counts.failed + u64::from(failed),
        slow: counts.slow + u64::from(slow),
    })
}

proptest! {
    #[test]
    fn a_count_window_equals_the_naive_one(
        size in 1u32..200,
        results in prop::collection::vec(any::<(bool, bool)>(), 0..600),
    ) {
        let window = CountWindow::new(size, true);
        let tells_no_slow = CountWindow::new(size, false);
        window.begin(3);
        tells_no_slow.begin(3);
        let mut naive = VecDeque::new();
        for (failed, slow) in results {
            window.record(3, Mark { failed, slow });
            tells_no_slow.record(3, Mark { failed, slow });
            naive.push_back((failed, slow));
            if naive.len() > size as usize {
                naive.pop_front();
            }
            let expected = sums(naive.iter());
            prop_assert_eq!(window.counts(3), expected);
            prop_assert_eq!(tells_no_slow.counts(3), Counts { slow: 0, ..expected });
        }
    }

    #[test]
    fn a_time_window_equals_the_naive_bucketed_one(
        buckets in 1u32..20,
        bucket_ms in 1u64..50,
        steps in prop::collection::vec((0u64..100, any::<(bool, bool)>()), 0..200),
    ) {
        let start = Instant::now();
        let span = Duration::from_millis(bucket_ms * u64::from(buckets));
        let window = TimeWindow::new(span, buckets, start, true);
        let tells_no_slow = TimeWindow::new(span, buckets, start, false);
        let mut naive: Vec<(u64, (bool, bool))> = Vec::new();
        let mut now_ms = 0;
        for (pause, (failed, slow)) in steps {
            now_ms += pause;
            let now = start + Duration::from_millis(now_ms);
            window.record(0, Mark { failed, slow }, now);
            tells_no_slow.record(0, Mark { failed, slow }, now);
            naive.push((now_ms / bucket_ms, (failed, slow)));
            let current = now_ms / bucket_ms;
            naive.retain(|(bucket, _)| bucket + u64::from(buckets) > current);
            let expected = sums(naive.iter().map(|result| &result.1));
            prop_assert_eq!(window.counts(0, now), expected);
            prop_assert_eq!(tells_no_slow.counts(0, now), Counts { slow: 0, ..expected });
        }
    }
}
