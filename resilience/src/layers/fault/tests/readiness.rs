//! What becomes of the instance that was made ready.

use tower::{Service, limit::ConcurrencyLimit};

use super::*;

/// A service whose readiness is a permit, and there is one.
fn single() -> ConcurrencyLimit<impl Service<(), Response = (), Error = BoxError> + Clone> {
    ConcurrencyLimit::new(service_fn(|(): ()| async { Ok::<_, BoxError>(()) }), 1)
}

#[tokio::test(start_paused = true)]
async fn a_delayed_call_goes_to_the_instance_that_was_made_ready() {
    let switch = FaultSwitch::new();
    switch.arm(plan(Fault::Latency { delay: MINUTE }, 1.0));
    let mut service = FaultLayer::new(NAME, switch).layer(single());
    // A call to an instance that is not ready panics here.
    service.ready().await.unwrap().call(()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_rejected_call_gives_back_what_was_reserved_for_it() {
    let switch = FaultSwitch::new();
    switch.arm(plan(ERROR, 1.0));
    let mut service = FaultLayer::new(NAME, switch).layer(single());
    let mut other = service.clone();
    let refused = service.ready().await.unwrap().call(());
    assert!(task::spawn(other.ready()).poll().is_ready());
    assert!(refused.await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_delayed_call_that_is_dropped_gives_back_what_was_reserved_for_it() {
    let switch = FaultSwitch::new();
    switch.arm(plan(Fault::Latency { delay: MINUTE }, 1.0));
    let mut service = FaultLayer::new(NAME, switch).layer(single());
    let mut other = service.clone();
    let mut delayed = task::spawn(service.ready().await.unwrap().call(()));
    assert_pending!(delayed.poll());
    assert!(task::spawn(other.ready()).poll().is_pending(), "it is kept for the call");
    drop(delayed);
    assert!(task::spawn(other.ready()).poll().is_ready());
}
