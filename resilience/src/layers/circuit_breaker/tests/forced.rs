//! A breaker that is open by order.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_forced_breaker_refuses_for_ever_and_tells_no_end() {
    let breaker = handle("cb-forced", config().consecutive_failures(1).automatic_half_open(true));
    tell_all(&breaker, "-");
    breaker.force_open();
    for _ in 0..3 {
        advance(Duration::from_hours(24 * 365)).await;
        let rejected = breaker.try_acquire().expect_err("forced open");
        assert_eq!((rejected.reason(), rejected.retry_at()), (Reason::CircuitOpen, None));
        let snapshot = breaker.snapshot();
        assert_eq!((snapshot.state, snapshot.time_left), (State::ForcedOpen, None));
    }
    breaker.close();
    tell_all(&breaker, "+");
}

#[tokio::test(start_paused = true)]
async fn a_forced_breaker_does_not_touch_the_service_inside() {
    let layer = layer("cb-forced-inner", config().initial_state(State::ForcedOpen));
    let (mut service, mut inner) = mock::spawn_layer::<&str, &str, _>(layer.clone());
    inner.allow(0);
    assert_ready_ok!(service.poll_ready(), "to refuse, though the service inside is not ready");
    let error = assert_ready_err!(task::spawn(service.call("a")).poll());
    assert_eq!(error.as_rejected().map(crate::error::Rejected::reason), Some(Reason::CircuitOpen));
    assert_pending!(task::spawn(inner.next_request()).poll(), "nothing reaches it");
    layer.handle().close();
    assert_pending!(service.poll_ready(), "closed, it is asked");
}

#[tokio::test(start_paused = true)]
async fn results_of_calls_from_before_do_not_free_a_forced_breaker() {
    let config = config().consecutive_failures(1).half_open(HalfOpen::PermittedCalls { calls: 1 });
    let breaker = handle("cb-forced-late", config);
    let closed = breaker.try_acquire().expect("closed");
    tell_all(&breaker, "-");
    advance(OPEN_FOR).await;
    let probe = breaker.try_acquire().expect("a probe");
    breaker.force_open();
    probe.succeeded();
    closed.succeeded();
    assert_eq!(state(&breaker), State::ForcedOpen);
    assert_eq!(breaker.calls().stale, 2);
}
