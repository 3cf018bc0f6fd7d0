//! Calls without Tower.

use super::*;
use crate::circuit_breaker::CircuitBreakerHandle;

fn breaker(name: &'static str) -> CircuitBreakerHandle {
    let config = config().consecutive_failures(2).half_open(HalfOpen::PermittedCalls { calls: 1 });
    CircuitBreakerHandle::standalone(Name::from_static(name), config.build().unwrap())
}

fn refused<T>(result: Result<T, BoxError>) -> Option<Reason> {
    result.err().and_then(|error| error.as_rejected().map(crate::error::Rejected::reason))
}

#[tokio::test(start_paused = true)]
async fn futures_are_counted_refused_and_probe() {
    let breaker = breaker("cb-futures");
    let fail = || breaker.call(async { Err::<(), BoxError>("down".into()) });
    fail().await.unwrap_err();
    fail().await.unwrap_err();
    let refusal = breaker.call(async { panic!("it must not be polled") });
    assert_eq!(refused(refusal.await as Result<(), BoxError>), Some(Reason::CircuitOpen));
    advance(OPEN_FOR).await;
    breaker.call(async { Ok::<_, BoxError>(()) }).await.unwrap();
    assert_eq!(breaker.snapshot().state, State::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_classifier_says_what_a_future_came_to() {
    let breaker = breaker("cb-classified");
    let bad = |result: Result<&u32, &BoxError>| match result {
        Ok(13) => Outcome::Failure,
        _ => Outcome::Success,
    };
    for _ in 0..2 {
        assert_eq!(breaker.call_with(bad, ready(Ok(13))).await.unwrap(), 13);
    }
    assert_eq!(breaker.snapshot().state, State::Open);
}

#[test]
fn blocking_code_holds_a_permit() {
    let breaker = breaker("cb-blocking");
    assert_eq!(breaker.try_acquire().unwrap().run(|| Ok::<_, BoxError>(1)).unwrap(), 1);
    breaker.try_acquire().unwrap().failed();
    drop(breaker.try_acquire().unwrap());
    assert_eq!(breaker.snapshot().counts.total, 2, "a drop is no result");
    let panics = AssertUnwindSafe(|| {
        let _ = breaker.try_acquire().unwrap().run(|| -> Result<(), BoxError> { panic!("a bug") });
    });
    assert!(catch_unwind(panics).is_err(), "it goes on");
    assert_eq!(breaker.snapshot().state, State::Open, "it was the second failure in a row");
    assert_eq!(breaker.try_acquire().unwrap_err().reason(), Reason::CircuitOpen);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_dropped_or_ignored_gives_its_place_back() {
    let breaker = breaker("cb-permit-probe");
    for _ in 0..2 {
        breaker.try_acquire().unwrap().failed();
    }
    advance(OPEN_FOR).await;
    drop(breaker.try_acquire().unwrap());
    breaker.try_acquire().unwrap().finish(Outcome::Ignored);
    let probe = breaker.try_acquire().unwrap();
    assert_eq!(breaker.try_acquire().unwrap_err().reason(), Reason::ProbesTaken);
    probe.succeeded();
    assert_eq!(breaker.snapshot().state, State::Closed);
}
