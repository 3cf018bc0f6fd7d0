//! The window for policies of one's own.

use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use crate::window::{Counts, SlidingWindow, SlowCall, Window};

const MS: Duration = Duration::from_millis(1);

/// A result: in which bucket or place, how long it took, and whether it failed.
type Result = (u64, Duration, bool);

fn seen(window: &mut SlidingWindow, now: Instant) -> (Counts, Duration, Option<Duration>) {
    (window.counts(now), window.total_duration(now), window.average_duration(now))
}

fn expected(naive: &[Result], slow: Duration) -> (Counts, Duration, Option<Duration>) {
    let count = |is: &dyn Fn(&Result) -> bool| naive.iter().filter(|one| is(one)).count() as u64;
    let sum: Duration = naive.iter().map(|one| one.1).sum();
    let counts = Counts {
        total: naive.len() as u64,
        failed: count(&|one| one.2),
        slow: count(&|one| one.1 >= slow),
    };
    let calls = u32::try_from(naive.len()).unwrap();
    (counts, sum, (calls > 0).then(|| sum / calls))
}

#[test]
fn an_empty_window_has_no_average_and_no_rates() {
    let now = Instant::now();
    let mut window = SlidingWindow::new(Window::Count { size: 3 }, None, now).unwrap();
    assert_eq!(seen(&mut window, now), (Counts::default(), Duration::ZERO, None));
    let counts = window.counts(now);
    assert_eq!((counts.failure_rate(), counts.success_rate()), (None, None));
    assert_eq!(counts.slow_call_rate(), None);
}

#[test]
fn the_rates_are_shares_of_what_is_in_it() {
    let now = Instant::now();
    let slow = Some(SlowCall::at_least(MS * 5));
    let mut window = SlidingWindow::new(Window::Count { size: 4 }, slow, now).unwrap();
    for (failed, took) in [(true, 9), (true, 5), (false, 4), (false, 1), (false, 1)] {
        window.record(failed, MS * took, now);
    }
    let counts = window.counts(now);
    assert_eq!((counts.failure_rate(), counts.success_rate()), (Some(0.25), Some(0.75)));
    assert_eq!(counts.slow_call_rate(), Some(0.25), "the first has left");
}

#[test]
fn what_is_slow_is_told_apart_only_when_it_is_set() {
    let now = Instant::now();
    let mut window = SlidingWindow::new(Window::Count { size: 4 }, None, now).unwrap();
    window.record(false, Duration::from_hours(1), now);
    assert_eq!(window.counts(now).slow, 0);
}

#[test]
fn a_window_out_of_its_range_is_not_made() {
    let now = Instant::now();
    assert!(SlidingWindow::new(Window::Count { size: 0 }, None, now).is_err());
    let time = Window::Time { span: MS, buckets: 2 };
    assert!(SlidingWindow::new(time, None, now).is_err());
}

#[test]
fn threads_that_share_one_behind_a_lock_have_one_window() {
    let now = Instant::now();
    let shared = SlidingWindow::new(Window::CountPerThread { size: 2 }, None, now).unwrap();
    let shared = std::sync::Mutex::new(shared);
    let record = |took| shared.lock().unwrap().record(true, MS * took, now);
    record(1);
    record(2);
    std::thread::scope(|scope| scope.spawn(|| record(4)).join()).unwrap();
    let mut window = shared.lock().unwrap();
    assert_eq!(window.counts(now).total, 2);
    assert_eq!(seen(&mut window, now).1, MS * 6, "of the last two");
}

#[test]
fn durations_beyond_what_can_be_added_stay_at_the_most() {
    let now = Instant::now();
    let mut window = SlidingWindow::new(Window::Count { size: 4 }, None, now).unwrap();
    for _ in 0..3 {
        window.record(false, Duration::MAX, now);
    }
    assert_eq!(window.total_duration(now), Duration::MAX);
    let time = Window::Time { span: MS * 10, buckets: 10 };
    let mut window = SlidingWindow::new(time, None, now).unwrap();
    for _ in 0..3 {
        window.record(false, Duration::MAX, now);
    }
    assert_eq!(window.total_duration(now), Duration::MAX);
}

proptest! {
    #[test]
    fn a_count_window_and_its_durations_equal_the_naive_ones(
        size in 1u32..60,
        slow_ms in 1u64..30,
        results in prop::collection::vec((0u64..40, any::<bool>()), 0..200),
    ) {
        let (now, slow) = (Instant::now(), MS * u32::try_from(slow_ms).unwrap());
        let slow_call = Some(SlowCall::at_least(slow));
        let mut window = SlidingWindow::new(Window::Count { size }, slow_call, now).unwrap();
        let mut naive: Vec<Result> = Vec::new();
        for (took, failed) in results {
            let took = Duration::from_millis(took);
            window.record(failed, took, now);
            naive.push((0, took, failed));
            let first = naive.len().saturating_sub(size as usize);
            prop_assert_eq!(seen(&mut window, now), expected(&naive[first..], slow));
        }
    }

    #[test]
    fn a_time_window_and_its_durations_equal_the_naive_ones(
        buckets in prop_oneof![1u32..20, Just(1_000)],
        bucket_ms in 1u64..50,
        slow_ms in 1u64..30,
        steps in prop::collection::vec((0u64..120, 0u64..40, any::<bool>(), 0u64..300), 0..120),
    ) {
        let (start, slow) = (Instant::now(), Duration::from_millis(slow_ms));
        let span = Duration::from_millis(bucket_ms * u64::from(buckets));
        let slow_call = Some(SlowCall::at_least(slow));
        let mut window =
            SlidingWindow::new(Window::Time { span, buckets }, slow_call, start).unwrap();
        let mut naive: Vec<Result> = Vec::new();
        let mut now = 0;
        for (pause, took, failed, then) in steps {
            now += pause;
            let took = Duration::from_millis(took);
            window.record(failed, took, start + Duration::from_millis(now));
            naive.push((now / bucket_ms, took, failed));
            // Once more without a result: time alone takes old ones out.
            for pause in [0, then] {
                now += pause;
                naive.retain(|one| one.0 + u64::from(buckets) > now / bucket_ms);
                let at = start + Duration::from_millis(now);
                prop_assert_eq!(seen(&mut window, at), expected(&naive, slow));
            }
        }
    }
}

#[test]
fn times_of_one_bucket_are_one_sum_however_many_they_are() {
    let now = Instant::now();
    let window = Window::Time { span: MS * 100, buckets: 10 };
    let mut window = SlidingWindow::new(window, None, now).unwrap();
    for _ in 0..1_000 {
        window.record(false, MS, now);
    }
    assert_eq!((window.parts(), window.total_duration(now)), (1, MS * 1_000));
    window.record(false, MS, now + MS * 10);
    assert_eq!(window.parts(), 2);
}
