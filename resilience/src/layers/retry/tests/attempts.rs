//! The attempts of one call without a layer.

use tokio::time::{Duration, Instant};

use super::MS;
use crate::{
    deadline_value::Deadline,
    event::GaveUp,
    retry::{Attempts, Backoff, Config, ConfigBuilder, Jitter, Wait},
};

fn config(build: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> Config {
    let backoff = Backoff::exponential(100 * MS).jitter(Jitter::None).build().unwrap();
    build(Config::builder().backoff(backoff).max_attempts(4)).build().unwrap()
}

fn unasked() -> f64 {
    panic!("nothing varies")
}

#[test]
fn they_are_numbered_and_spaced_by_the_backoff_until_they_are_used_up() {
    let (config, now) = (config(|config| config), Instant::now());
    let mut attempts = Attempts::new(&config, now);
    for (number, wait) in [(1, 100), (2, 200), (3, 400)] {
        assert_eq!(attempts.made().number.get(), number);
        assert!(!attempts.is_last());
        assert_eq!(attempts.next(Wait::Backoff, now, unasked), Ok(wait * MS));
    }
    assert!(attempts.is_last());
    assert_eq!(attempts.next(Wait::Backoff, now, unasked), Err(GaveUp::Attempts));
    assert_eq!(attempts.made().number.get(), 4, "one that is refused is not counted");
}

#[test]
fn a_wait_that_the_service_asks_for_is_a_lower_bound_with_a_cap() {
    let (config, now) = (config(|config| config.retry_after_at_most(150 * MS)), Instant::now());
    let mut attempts = Attempts::new(&config, now);
    let mut next = |wait| attempts.next(wait, now, unasked);
    assert_eq!(next(Wait::AtLeast(151 * MS)), Err(GaveUp::RetryAfter));
    assert_eq!(next(Wait::AtLeast(150 * MS)), Ok(150 * MS));
    assert_eq!(next(Wait::AtLeast(150 * MS)), Ok(200 * MS), "the backoff is longer");
    assert_eq!(next(Wait::Exactly(151 * MS)), Ok(151 * MS), "nobody asks for it");
}

#[test]
fn a_wait_that_the_service_names_is_that_wait_up_to_the_same_cap() {
    let (config, now) = (config(|config| config.retry_after_at_most(150 * MS)), Instant::now());
    let mut attempts = Attempts::new(&config, now);
    let mut next = |wait| attempts.next(wait, now, unasked);
    assert_eq!(next(Wait::Asked(151 * MS)), Err(GaveUp::RetryAfter));
    assert_eq!(next(Wait::Asked(150 * MS)), Ok(150 * MS));
    assert_eq!(next(Wait::Asked(7 * MS)), Ok(7 * MS), "the backoff is longer");
}

#[test]
fn no_wait_begins_that_would_not_end_before_the_deadline() {
    let (config, now) = (config(|config| config), Instant::now());
    let deadline = Deadline::at(now + 100 * MS);
    let mut attempts = Attempts::new(&config, now).deadline(deadline);
    assert_eq!(attempts.made().deadline, Some(deadline));
    assert_eq!(attempts.next(Wait::Backoff, now, unasked), Err(GaveUp::Deadline));
    let wait = Duration::from_micros(99_999);
    assert_eq!(attempts.next(Wait::Exactly(wait), now, unasked), Ok(wait));
}

#[test]
fn none_follows_once_the_time_for_them_has_passed() {
    let (config, now) = (config(|config| config.max_elapsed(50 * MS)), Instant::now());
    let mut attempts = Attempts::new(&config, now);
    let mut next = |wait, at| attempts.next(Wait::Exactly(wait), now + at, unasked);
    assert_eq!(next(Duration::ZERO, 49 * MS), Ok(Duration::ZERO));
    assert_eq!(next(Duration::ZERO, 50 * MS), Err(GaveUp::Elapsed));
    assert_eq!(next(11 * MS, 39 * MS), Err(GaveUp::Elapsed), "the wait would end too late");
    assert_eq!(next(10 * MS, 39 * MS), Ok(10 * MS));
    assert_eq!(next(Duration::MAX, MS), Err(GaveUp::Elapsed));
}
