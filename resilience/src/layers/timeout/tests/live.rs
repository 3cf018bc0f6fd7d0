//! Another limit while calls run.

use super::*;
use crate::error::Rejected;

#[tokio::test(start_paused = true)]
async fn a_limit_that_is_set_holds_for_calls_that_begin_then_and_for_all_of_the_name() {
    let name = Name::from_static("timeout-live");
    let layer = TimeoutLayer::new(name, LIMIT);
    assert_eq!(layer.handle().in_force(), None, "it has made no service");
    let (mut service, mut inner) = mock::spawn_layer::<_, &str, _>(layer.clone());
    let (mut other, mut others) =
        mock::spawn_layer::<_, &str, _>(TimeoutLayer::new(name, LIMIT * 9));
    assert_eq!((layer.handle().in_force(), layer.handle().is_set()), (Some(LIMIT * 9), false));

    assert_ready_ok!(service.poll_ready());
    let mut before = task::spawn(service.call("before"));
    let _before = assert_request_eq!(inner, "before");
    assert_pending!(before.poll());
    layer.handle().set(LIMIT / 2);
    let mut after = Vec::new();
    for (service, inner) in [(&mut service, &mut inner), (&mut other, &mut others)] {
        assert_ready_ok!(service.poll_ready());
        let mut call = task::spawn(service.call("after"));
        let held = assert_request_eq!(inner, "after");
        assert_pending!(call.poll());
        after.push((call, held));
    }
    advance(LIMIT / 2).await;
    for (call, _) in &mut after {
        let error = assert_ready_err!(call.poll());
        assert_eq!(error.as_rejected().and_then(Rejected::limit), Some(LIMIT / 2));
    }
    assert_pending!(before.poll(), "it began under another");
    advance(LIMIT / 2).await;
    assert_ready_err!(before.poll());
}

#[tokio::test(start_paused = true)]
async fn each_layer_has_its_own_limit_again_when_it_is_cleared() {
    let name = Name::from_static("timeout-cleared");
    let layer = TimeoutLayer::new(name, LIMIT);
    let (mut service, mut inner) = mock::spawn_layer::<_, &str, _>(layer.clone());
    layer.handle().set(Duration::MAX);
    assert!(layer.handle().in_force() > Some(Duration::from_hours(24)));
    layer.handle().clear();
    let endless = TimeoutLayer::new(Name::from_static("timeout-endless"), Duration::MAX);
    let _service = tower_layer::Layer::layer(&endless, ());
    assert!(endless.handle().in_force() > Some(Duration::from_hours(24)), "it has one");
    layer.handle().set(Duration::ZERO);
    assert_eq!((layer.handle().in_force(), layer.handle().is_set()), (Some(Duration::ZERO), true));
    layer.handle().clear();
    assert_eq!((layer.handle().in_force(), layer.handle().is_set()), (Some(LIMIT), false));
    assert_ready_ok!(service.poll_ready());
    let mut call = task::spawn(service.call("ping"));
    let _held = assert_request_eq!(inner, "ping");
    assert_pending!(call.poll());
    advance(LIMIT).await;
    assert_ready_err!(call.poll());
}
