//! How long an open breaker stays open.

use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::circuit_breaker::Opening;

const SECOND: Duration = Duration::from_secs(1);

fn one_probe() -> ConfigBuilder {
    config().consecutive_failures(1).half_open(HalfOpen::Ratio { successes: 1, of: 1 })
}

fn left(breaker: &CircuitBreakerHandle) -> Duration {
    breaker.snapshot().time_left.expect("open for a time")
}

const fn limited(retry_after: Duration) -> Outcome {
    Outcome::RateLimited { retry_after: Some(retry_after) }
}

#[tokio::test(start_paused = true)]
async fn what_the_service_asks_for_makes_the_wait_longer_up_to_its_cap_and_never_shorter() {
    let config = one_probe()
        .no_failure_rate()
        .rules([crate::circuit_breaker::Rule::FailureCount { failures: 1 }]);
    let followed = config.clone().open_for_retry_after(SECOND * 30);
    for (asked, wait) in [(20, 20), (300, 30), (2, 5)] {
        let breaker = handle("cb-after", followed.clone().open_jitter(Ratio::ZERO));
        assert!(tell(&breaker, limited(SECOND * asked)));
        assert_eq!(left(&breaker), SECOND * wait, "asked for {asked} s");
    }
    let ignored = handle("cb-after", config);
    assert!(tell(&ignored, limited(SECOND * 20)));
    assert_eq!(left(&ignored), OPEN_FOR, "not followed unless it is set");

    let jittered = handle("cb-after", followed.open_jitter(Ratio::percent(100)));
    assert!(tell(&jittered, limited(SECOND * 20)));
    assert_eq!(left(&jittered), SECOND * 20, "no jitter shortens it");
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_asked_to_wait_makes_the_next_wait_longer() {
    let breaker = handle("cb-after-probe", one_probe().open_for_retry_after(SECOND * 30));
    tell_all(&breaker, "-");
    advance(OPEN_FOR).await;
    assert!(tell(&breaker, limited(SECOND * 25)));
    assert_eq!(left(&breaker), SECOND * 25, "twice the first wait is less");
}

#[tokio::test(start_paused = true)]
async fn a_function_is_told_what_is_known_and_says_how_long() {
    let seen: Arc<Mutex<Vec<Opening>>> = Arc::default();
    let sink = Arc::clone(&seen);
    let config = one_probe().open_jitter(Ratio::percent(50)).open_for_fn(move |opening| {
        sink.lock().unwrap().push(*opening);
        (opening.failed_recoveries > 0).then_some(SECOND * 77)
    });
    let breaker = CircuitBreakerLayer::new(Name::from_static("cb-fn"), config.build().unwrap())
        .rng(crate::rng::Rng::from_fn(|| 0.5))
        .handle();
    tell_all(&breaker, "-");
    assert_eq!(left(&breaker), OPEN_FOR, "no answer leaves it to the other settings");
    advance(OPEN_FOR).await;
    assert!(tell(&breaker, limited(SECOND * 3)));
    assert_eq!(left(&breaker), SECOND * 77, "not varied");
    let openings: Vec<_> = seen
        .lock()
        .unwrap()
        .iter()
        .map(|opening| (opening.reason, opening.failed_recoveries, opening.retry_after))
        .collect();
    assert_eq!(
        openings,
        [
            (ChangeReason::ConsecutiveFailures, 0, None),
            (ChangeReason::ProbesFailed, 1, Some(SECOND * 3)),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_function_that_panics_leaves_it_to_the_other_settings() {
    let breaker = handle("cb-fn-panic", one_probe().open_for_fn(|_| panic!("a function")));
    tell_all(&breaker, "-");
    assert_eq!(left(&breaker), OPEN_FOR);
    let panicking = handle("cb-fn-panic", one_probe().open_for_fn(|_| panic!("a function")));
    let run = AssertUnwindSafe(|| {
        let permit = panicking.try_acquire().expect("closed");
        let _ = permit.run(|| -> Result<(), ()> { panic!("the call, too") });
    });
    assert!(catch_unwind(run).is_err());
    assert_eq!(state(&panicking), State::Open, "while a call unwinds, too");
}

#[tokio::test(start_paused = true)]
async fn a_function_that_says_zero_leaves_probes_a_time_in_which_to_succeed() {
    let breaker = handle("cb-fn-zero", one_probe().open_for_fn(|_| Some(Duration::ZERO)));
    tell_all(&breaker, "-");
    assert_eq!(left(&breaker), Duration::from_millis(1));
    advance(Duration::from_millis(1)).await;
    tell_all(&breaker, "+");
    assert_eq!(state(&breaker), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn waits_may_grow_without_a_cap_and_begin_anew_after_a_recovery() {
    let breaker = handle("cb-no-cap", one_probe().open_growth(10.0, Duration::MAX));
    tell_all(&breaker, "-");
    let mut wait = OPEN_FOR;
    for _ in 0..6 {
        assert_eq!(left(&breaker), wait);
        advance(wait).await;
        tell_all(&breaker, "-");
        wait *= 10;
    }
    assert_eq!(left(&breaker), wait, "58 days");
    breaker.close();
    tell_all(&breaker, "-");
    assert_eq!(left(&breaker), OPEN_FOR);
}

#[tokio::test(start_paused = true)]
async fn a_recovery_by_probes_begins_the_waits_anew() {
    let breaker = handle("cb-anew", one_probe());
    tell_all(&breaker, "-");
    advance(OPEN_FOR).await;
    tell_all(&breaker, "-");
    assert_eq!(left(&breaker), OPEN_FOR * 2);
    advance(OPEN_FOR * 2).await;
    tell_all(&breaker, "+-");
    assert_eq!(left(&breaker), OPEN_FOR);
}

#[tokio::test(start_paused = true)]
async fn jitter_is_drawn_once_for_each_wait_and_on_by_default() {
    let draws = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&draws);
    let config = Config::builder().consecutive_failures(1).build().unwrap();
    assert!(config.open_jitter() > Ratio::ZERO);
    let layer = CircuitBreakerLayer::new(Name::from_static("cb-draws"), config).rng(
        crate::rng::Rng::from_fn(move || f64::from(counter.fetch_add(1, Ordering::Relaxed)) / 4.0),
    );
    let breaker = layer.handle();
    tell_all(&breaker, "-");
    let first = left(&breaker);
    assert_eq!(first, OPEN_FOR.mul_f64(0.8), "the default wait is as long");
    assert!(!tell(&breaker, Outcome::Success));
    assert_eq!(draws.load(Ordering::Relaxed), 1);
    breaker.close();
    tell_all(&breaker, "-");
    assert_eq!(left(&breaker), OPEN_FOR.mul_f64(0.9));
}
