use std::{error::Error as _, fmt, time::Duration};

use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok};
use tower::{Service, ServiceExt, limit::ConcurrencyLimit, service_fn};
use tower_layer::Layer;
use tower_test::mock;

use super::LiftLayer;
use crate::{
    error::{BoxError, Error, Reason, Refusal},
    name::Name,
    timeout::TimeoutLayer,
};

/// An error that can carry nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct DiskFull;

impl fmt::Display for DiskFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("disk full")
    }
}

impl std::error::Error for DiskFull {}

#[tokio::test]
async fn an_error_keeps_its_type_and_is_the_source() {
    let full = service_fn(|(): ()| std::future::ready(Err::<(), _>(DiskFull)));
    let error = LiftLayer.layer(full).oneshot(()).await.unwrap_err();
    assert!(matches!(error, Error::Inner(DiskFull)));
    assert!(error.as_rejected().is_none());
    let source = error.source().and_then(|source| source.downcast_ref());
    assert_eq!(source, Some(&DiskFull));
}

#[tokio::test(start_paused = true)]
async fn what_it_lifted_can_carry_a_rejection() {
    let hanging = service_fn(|(): ()| std::future::pending::<Result<(), DiskFull>>());
    let timeout = TimeoutLayer::new(Name::from_static("lift-test"), Duration::from_secs(1));
    let error = timeout.layer(LiftLayer.layer(hanging)).oneshot(()).await.unwrap_err();
    assert_eq!(error.as_rejected().map(crate::Rejected::reason), Some(Reason::TimedOut));
}

#[tokio::test]
async fn readiness_comes_through_with_its_wake_up_and_its_error() {
    let (mut service, mut inner) = mock::spawn_layer::<(), (), _>(LiftLayer);
    inner.allow(0);
    assert_pending!(service.poll_ready());
    inner.allow(1);
    assert!(service.is_woken());
    assert_ready_ok!(service.poll_ready());

    inner.send_error(DiskFull);
    let Error::Inner(error) = assert_ready_err!(service.poll_ready()) else {
        panic!("nothing was rejected")
    };
    assert!(error.downcast_ref::<DiskFull>().is_some(), "{error}");
}

#[tokio::test]
async fn the_call_goes_to_the_instance_that_was_made_ready() {
    let answer = service_fn(|n: u32| async move { Ok::<_, BoxError>(n) });
    let mut service = LiftLayer.layer(ConcurrencyLimit::new(answer, 1));
    // A call to an instance that is not ready panics here.
    assert_eq!(service.ready().await.unwrap().call(7).await.unwrap(), 7);
}
