use std::{sync::mpsc, thread};

use super::{super::shared::Shared, *};
use crate::{circuit_breaker::SlowCall, holders::Holders, timeout::TimeoutLayer};

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failure_and_goes_on() {
    for (name, say) in [("cb-panic-call", Say::PanicInCall), ("cb-panic-poll", Say::PanicInPoll)] {
        let layer = layer(name, config());
        let breaker = layer.layer(Script);
        for _ in 0..5 {
            let panicked = catch_unwind(AssertUnwindSafe(|| call(&breaker, say)));
            assert!(panicked.is_err(), "{say:?} goes on to the caller");
        }
        assert_eq!(layer.handle().snapshot().state, State::Open, "{say:?}");

        advance(OPEN_FOR).await;
        for _ in 0..2 {
            let _ = catch_unwind(AssertUnwindSafe(|| call(&breaker, say)));
        }
        assert_eq!(layer.handle().snapshot().state, State::Open, "probes that panic fail");
        let meter = Meter::of(&super::super::meter::CALLS, Name::from_static(name));
        assert_eq!(meter.total(super::super::meter::End::Panicked as usize), 7);
        assert_eq!(meter.total(super::super::meter::End::Cancelled as usize), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_answers_though_the_service_inside_is_not_ready() {
    let layer = layer("cb-unready", config().consecutive_failures(1));
    let (mut service, mut inner) = mock::spawn_layer::<&str, &str, _>(layer.clone());
    inner.allow(1);
    assert_ready_ok!(service.poll_ready());
    let mut failing = task::spawn(service.call("a"));
    inner.next_request().await.unwrap().1.send_error("down");
    assert_ready_err!(failing.poll());

    inner.allow(0);
    assert_ready_ok!(service.poll_ready());
    // The wait ends between readiness and call: the promise was to refuse.
    advance(OPEN_FOR).await;
    let error = assert_ready_err!(task::spawn(service.call("b")).poll());
    assert_eq!(error.as_rejected().map(crate::error::Rejected::reason), Some(Reason::CircuitOpen));
    assert_pending!(service.poll_ready(), "half-open, the service inside is asked again");
}

#[tokio::test(start_paused = true)]
async fn a_call_refused_after_readiness_leaves_no_reservation_behind() {
    let layer = layer("cb-reserved", config().half_open(HalfOpen::PermittedCalls { calls: 1 }));
    let limited = tower::limit::ConcurrencyLimit::new(Script, 1);
    let breaker = layer.layer(limited.clone());
    for _ in 0..5 {
        breaker.clone().oneshot(Say::Fail).await.unwrap_err();
    }
    advance(OPEN_FOR).await;
    // Two callers are ready while a probe's place is free; only one gets it.
    let mut refused = task::spawn(breaker.clone());
    assert_ready_ok!(refused.enter(|cx, mut service| service.poll_ready(cx)));
    let _probe = begin(&layer.layer(Script), Say::Hang);
    let mut call = task::spawn(refused.enter(|_, mut service| service.call(Say::Ok)));
    assert_ready_err!(call.poll());
    let mut other = task::spawn(limited);
    assert_ready_ok!(other.enter(|cx, mut service| service.poll_ready(cx)), "its place is free");
}

#[tokio::test(start_paused = true)]
async fn a_closed_call_reads_the_clock_only_for_a_time_window() {
    let count = layer("cb-reads-count", config().consecutive_failures(5)).layer(Script);
    let span = Duration::from_secs(30);
    let time = layer("cb-reads-time", config().window(Window::Time { span, buckets: 10 }));
    let time = time.layer(Script);
    assert_eq!(reads_of(|| _ = call(&count, Say::Ok)), 0);
    assert_eq!(reads_of(|| _ = call(&time, Say::Ok)), 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_breaker_outside_has_read_of_the_clock_the_layers_inside_read_as_well() {
    let inside = TimeoutLayer::new(Name::from_static("cb-reads-inside"), Duration::from_secs(1));
    let slow = SlowCall::at_least(Duration::from_secs(1));
    let timed = layer("cb-reads-timed", config().slow_call_rate(Ratio::ONE, slow));
    let mut timed = timed.layer(inside.layer(Script));
    let mut response = None;
    assert_eq!(reads_of(|| response = Some(timed.call(Say::Ok))), 1);
    drop(response);

    let probed = layer("cb-reads-probed", config().consecutive_failures(1));
    probed.handle().half_open().unwrap();
    let mut probed = probed.layer(inside.layer(Script));
    let mut response = None;
    assert_eq!(reads_of(|| response = Some(probed.call(Say::Ok))), 1);
    drop(response);
}

#[tokio::test(start_paused = true)]
async fn every_call_ends_in_exactly_one_counter() {
    let name = "cb-counted";
    let layer = layer(name, config());
    let breaker = layer.layer(Script);
    call(&breaker, Say::Ok).unwrap();
    drop(begin(&breaker, Say::Hang));
    let mut late = begin(&breaker, Say::Ok);
    open(&breaker);
    assert_ready_ok!(late.poll());
    let meter = Meter::of(&super::super::meter::CALLS, Name::from_static(name));
    let totals: Vec<_> = (0..8).map(|outcome| meter.total(outcome)).collect();
    // One success, four failures until it opened with the fifth result, one cancelled, one
    // late; of the ten calls that `open` makes and the one that proves it, seven refused.
    assert_eq!(totals, [1, 4, 0, 0, 1, 0, 7, 1]);
}

#[test]
fn a_refusal_waits_for_nobody_who_holds_the_lock() {
    for half_open in [false, true] {
        let config = config().consecutive_failures(1).build().unwrap();
        let shared = Shared::new(Name::from_static("cb-no-lock"), config.into());
        let breaker = CircuitBreakerHandle::new(Holders::new(Arc::clone(&shared)));
        let mut probes = Vec::new();
        if half_open {
            breaker.half_open().unwrap();
            probes.extend(std::iter::from_fn(|| breaker.try_acquire().ok()));
        } else {
            breaker.open();
        }
        let locked = shared.lock();
        let (told, hears) = mpsc::channel();
        thread::spawn(move || told.send(breaker.try_acquire().map(drop).unwrap_err().reason()));
        let reason = hears.recv_timeout(Duration::from_secs(30)).expect("it waits for the lock");
        assert_eq!(reason, if half_open { Reason::ProbesTaken } else { Reason::CircuitOpen });
        drop(locked);
    }
}
