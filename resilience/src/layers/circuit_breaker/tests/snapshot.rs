//! What a breaker shows.

use super::*;
use crate::{circuit_breaker::SlowCall, registry};

fn one_probe() -> ConfigBuilder {
    config().half_open(HalfOpen::PermittedCalls { calls: 2 })
}

#[tokio::test(start_paused = true)]
async fn the_refusals_of_a_state_are_counted_and_begin_anew_with_the_next() {
    let breaker = handle("cb-refused", one_probe());
    tell_all(&breaker, "-----");
    let refuse = |times: u32| {
        for _ in 0..times {
            assert!(!tell(&breaker, Outcome::Success));
        }
        breaker.snapshot().refused
    };
    assert_eq!((breaker.snapshot().refused, refuse(3), refuse(2)), (0, 3, 5));
    advance(OPEN_FOR).await;
    assert_eq!(breaker.snapshot().refused, 0, "half-open by its look");
    let _held = [breaker.try_acquire(), breaker.try_acquire()];
    assert_eq!(refuse(4), 4);
    breaker.force_open();
    assert_eq!(refuse(1), 1);
    breaker.close();
    assert_eq!(breaker.snapshot().refused, 0);
    assert_eq!(breaker.calls().refused, 10);
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_shows_the_counts_with_which_it_opened() {
    let slow = SlowCall::at_least(Duration::from_secs(1));
    let breaker = handle("cb-left-counts", one_probe().slow_call(slow));
    let counts = || {
        let counts = breaker.snapshot().counts;
        (counts.total, counts.failed, counts.slow)
    };
    breaker.try_acquire().expect("closed").finish_after(Outcome::Success, slow.threshold());
    tell_all(&breaker, "+-+--");
    assert_eq!(counts(), (6, 3, 1));
    assert_eq!(state(&breaker), State::Open);
    advance(OPEN_FOR).await;
    assert_eq!(counts(), (0, 0, 0), "half-open by its look: no probe has ended");
    tell_all(&breaker, "+");
    assert_eq!(counts(), (1, 0, 0), "the probes");
    tell_all(&breaker, "-");
    assert_eq!((state(&breaker), counts()), (State::Open, (2, 1, 0)), "the probes that failed");
    breaker.force_open();
    assert_eq!(counts(), (2, 1, 0));
    breaker.disable();
    assert_eq!(counts(), (0, 0, 0));
    breaker.open();
    assert_eq!(counts(), (0, 0, 0), "nothing was there");
    breaker.close();
    tell_all(&breaker, "+");
    assert_eq!(counts(), (1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn it_says_since_when_and_what_went_before() {
    let breaker = handle("cb-history", one_probe());
    let made = breaker.snapshot();
    advance(Duration::from_secs(7)).await;
    let still = breaker.snapshot();
    assert_eq!((still.since, still.at), (made.since, made.at + Duration::from_secs(7)));
    breaker.reset();
    assert_eq!(breaker.snapshot().since, made.since, "no change that anybody sees");
    tell_all(&breaker, "-----");
    assert_eq!(breaker.snapshot().since, still.at);
    advance(OPEN_FOR * 2).await;
    let waited = breaker.snapshot();
    assert_eq!(waited.since, still.at + OPEN_FOR, "since the wait was over");
    for _ in 0..40 {
        breaker.open();
        breaker.close();
    }
    let transitions = breaker.snapshot().transitions;
    assert_eq!(transitions.len(), 32);
    assert_eq!((transitions[0].to, transitions[1].to), (State::Closed, State::Open));
    assert!(transitions.windows(2).all(|pair| pair[0].at >= pair[1].at), "the newest first");
}

#[tokio::test(start_paused = true)]
async fn the_gauge_is_one_for_exactly_the_state_that_holds() {
    let name = Name::from_static("cb-gauge");
    let breaker = handle("cb-gauge", one_probe());
    let shown = || {
        let gauges = registry::gauges(crate::time::read());
        gauges
            .into_iter()
            .filter(|gauge| gauge.name == name && gauge.value > 0.0)
            .map(|gauge| (gauge.label, gauge.value.to_string()))
            .collect::<Vec<_>>()
    };
    let only = |state: State| vec![(Some(("state", state.as_str())), "1".to_owned())];
    assert_eq!(shown(), only(State::Closed));
    tell_all(&breaker, "-----");
    assert_eq!(shown(), only(State::Open));
    advance(OPEN_FOR).await;
    assert_eq!(shown(), only(State::HalfOpen));
    breaker.force_open();
    assert_eq!(shown(), only(State::ForcedOpen));
    breaker.disable();
    assert_eq!(shown(), only(State::Disabled));
    breaker.metrics_only();
    assert_eq!(shown(), only(State::MetricsOnly));
    drop(breaker);
    assert_eq!(shown(), [], "a breaker that is gone has no state");
}

#[tokio::test(start_paused = true)]
async fn every_end_of_a_call_has_its_counter() {
    let breaker = handle("cb-calls", one_probe().min_calls(10));
    tell_all(&breaker, "++-il");
    drop(breaker.try_acquire().expect("closed"));
    let panics = AssertUnwindSafe(|| {
        let permit = breaker.try_acquire().expect("closed");
        let _ = permit.run(|| -> Result<(), ()> { panic!("a bug") });
    });
    assert!(catch_unwind(panics).is_err());
    let late = breaker.try_acquire().expect("closed");
    breaker.open();
    assert!(!tell(&breaker, Outcome::Success));
    late.failed();
    let calls = breaker.calls();
    assert_eq!((calls.succeeded, calls.failed, calls.ignored, calls.rate_limited), (2, 1, 1, 1));
    assert_eq!((calls.cancelled, calls.panicked, calls.refused, calls.stale), (1, 1, 1, 1));
}
