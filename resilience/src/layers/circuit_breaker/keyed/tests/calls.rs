//! What a call finds, and leaves behind.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;

#[tokio::test(start_paused = true)]
async fn a_key_that_fails_leaves_the_others_alone() {
    let layer = layer("keyed-apart", 10);
    let service = layer.layer(Script);
    open(&service, "a");
    call(&service, "b", Say::Ok).unwrap();
    call(&service, 7, Say::Ok).unwrap();
    let handle = layer.handle();
    let state = |key: &str| handle.get(key).unwrap().snapshot().state;
    assert_eq!((state("a"), state("b")), (State::Open, State::Closed));
    assert_eq!(handle.get(7).unwrap().snapshot().counts.total, 1);
    assert!(handle.get("7").is_none(), "a number is no text");
}

#[tokio::test(start_paused = true)]
async fn a_key_recovers_by_a_probe_of_its_own() {
    let layer = layer("keyed-probe", 10);
    let service = layer.layer(Script);
    open(&service, "a");
    open(&service, "b");
    advance(OPEN_FOR).await;
    call(&service, "a", Say::Ok).expect("the probe");
    let states: Vec<_> =
        layer.handle().snapshots(None, 10).iter().map(|one| one.breaker.state).collect();
    assert_eq!(states, [State::Closed, State::HalfOpen]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_call_gives_its_place_back() {
    let layer = layer("keyed-reserved", 10);
    open(&layer.layer(Script), "a");
    let limited = ConcurrencyLimit::new(Script, 1);
    let mut refused = task::spawn(layer.layer(limited.clone()));
    assert_ready_ok!(refused.enter(|cx, mut service| service.poll_ready(cx)), "the key is unknown");
    let ask = Ask { key: "a".into(), say: Say::Ok };
    let mut call = task::spawn(refused.enter(|_, mut service| service.call(ask)));
    let mut other = task::spawn(limited);
    assert_ready_ok!(other.enter(|cx, mut service| service.poll_ready(cx)), "its place is free");
    assert_ready_err!(call.poll());
}

#[tokio::test(start_paused = true)]
async fn it_waits_for_the_service_inside_also_when_a_key_is_open() {
    let layer = layer("keyed-unready", 10);
    open(&layer.layer(Script), "a");
    let limited = ConcurrencyLimit::new(Script, 1);
    let _taken = begin(&layer.layer(limited.clone()), "b", Say::Hang);
    let mut service = task::spawn(layer.layer(limited));
    assert_pending!(service.enter(|cx, mut service| service.poll_ready(cx)));
}

#[tokio::test(start_paused = true)]
async fn a_result_from_before_the_opening_counts_for_nobody() {
    let layer = layer("keyed-late", 10);
    let service = layer.layer(Script);
    let mut late = begin(&service, "a", Say::Ok);
    open(&service, "a");
    advance(OPEN_FOR).await;
    assert_ready_ok!(late.poll());
    assert_eq!(layer.handle().get("a").unwrap().snapshot().state, State::HalfOpen);
    assert_eq!(layer.handle().calls().stale, 1);
}

#[tokio::test(start_paused = true)]
async fn a_panic_and_a_drop_give_the_probe_of_their_key_back() {
    let layer = layer("keyed-panic", 10);
    let service = layer.layer(Script);
    open(&service, "a");
    advance(OPEN_FOR).await;
    let mut probe = begin(&service, "a", Say::Hang);
    assert_pending!(probe.poll());
    assert_eq!(refusal(call(&service, "a", Say::Ok)), Some(Reason::ProbesTaken));
    drop(probe);
    let panicked = catch_unwind(AssertUnwindSafe(|| call(&service, "a", Say::Panic)));
    assert!(panicked.is_err(), "it goes on");
    assert_eq!(refusal(call(&service, "a", Say::Ok)), Some(Reason::CircuitOpen), "it has failed");
    let calls = layer.handle().calls();
    assert_eq!((calls.cancelled, calls.panicked), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_rejection_carries_the_name_that_all_keys_share() {
    let layer = layer("keyed-name", 10);
    let service = layer.layer(Script);
    open(&service, "a");
    let error = call(&service, "a", Say::Ok).unwrap_err();
    let rejected = error.as_rejected().unwrap();
    assert_eq!(rejected.name().as_str(), "keyed-name");
    assert_eq!(rejected.retry_after(), Some(OPEN_FOR));
}
