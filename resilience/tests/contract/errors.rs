//! An error of the service inside reaches the caller as it is.

use std::error::Error as _;

use resilience::test_util::{Answer, Script};
use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready_err};
use tower::Service;
use tower_layer::Layer;

use super::{
    facts::{Facts, Wait, does_not_apply},
    failure::Failure,
    stage::{Inner, Layered, Stage, Task, broken, end_of},
};

pub(crate) async fn an_error_of_the_service_passes_unchanged<E, L>(layer: L)
where
    E: Failure,
    L: Layer<Inner<E>, Service: Layered>,
{
    let mut stage = Stage::with_script(&layer, Script::always(broken));
    let call = stage.begin();
    assert_passed(&end_of(call).await.expect_err("the service fails"));
    stage.assert_idle();
}

pub(crate) async fn an_error_of_readiness_passes_unchanged<E, L>(layer: impl Fn() -> L, _: &Facts)
where
    E: Failure,
    L: Layer<Inner<E>, Service: Layered>,
{
    let mut stage = Stage::new(&layer(), []);
    stage.readiness.fail(E::broken(7));
    assert_passed(&assert_ready_err!(Task::new().poll(|cx| stage.service.poll_ready(cx))));
    stage.assert_works().await;
}

pub(crate) async fn an_error_of_readiness_for_another_attempt_passes_unchanged<E, L>(
    layer: impl Fn() -> L,
    facts: &Facts,
) where
    E: Failure,
    L: Layer<Inner<E>, Service: Layered>,
{
    let Wait::AfterFailure(wait) = facts.wait else {
        return does_not_apply("it makes one attempt, which was ready before the call");
    };
    let mut stage = Stage::new(&layer(), [Answer::err(E::broken(1))]);
    let mut call = stage.begin();
    assert_pending!(Task::new().poll_call(&mut call));
    stage.readiness.fail(E::broken(7));
    advance(wait).await;
    assert_passed(&assert_ready_err!(Task::new().poll_call(&mut call)));
    assert_eq!(stage.script.calls(), 1);
    stage.assert_works().await;
}

#[track_caller]
fn assert_passed(error: &impl Failure) {
    let broken = error.as_broken().expect("the type of the error is kept");
    assert_eq!(broken.number, 7);
    let cause = broken.source().and_then(|source| source.downcast_ref::<std::io::Error>());
    assert_eq!(cause.map(ToString::to_string), Some("disk full".to_owned()));
}
