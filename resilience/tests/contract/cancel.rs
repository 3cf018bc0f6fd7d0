//! A drop, wherever it comes, leaves nothing of the service inside in use.

use resilience::test_util::Answer;
use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready_ok};
use tower::Service;
use tower_layer::Layer;

use super::{
    facts::{Facts, Wait, does_not_apply},
    failure::Failure,
    stage::{Inner, Layered, Stage, Task, broken},
};

pub(crate) async fn a_call_dropped_before_its_first_poll_leaves_nothing_behind<E, L>(
    layer: impl Fn() -> L,
    _: &Facts,
) where
    E: Failure,
    L: Layer<Inner<E>, Service: Layered>,
{
    let mut stage = Stage::new(&layer(), []);
    drop(stage.begin());
    stage.assert_works().await;
}

pub(crate) async fn a_call_dropped_while_the_service_works_leaves_nothing_behind<E, L>(
    layer: impl Fn() -> L,
    facts: &Facts,
) where
    E: Failure,
    L: Layer<Inner<E>, Service: Layered>,
{
    let mut stage = Stage::new(&layer(), [Answer::never()]);
    let mut call = stage.begin();
    assert_pending!(Task::new().poll_call(&mut call));
    if let Wait::Before(wait) = facts.wait {
        advance(wait).await;
        assert_pending!(Task::new().poll_call(&mut call));
    }
    assert_eq!(stage.script.in_flight(), 1);
    drop(call);
    assert_eq!(stage.script.dropped(), 1);
    stage.assert_works().await;
}

pub(crate) async fn a_call_dropped_in_the_layers_own_wait_leaves_nothing_behind<E, L>(
    layer: impl Fn() -> L,
    facts: &Facts,
) where
    E: Failure,
    L: Layer<Inner<E>, Service: Layered>,
{
    let failures = match facts.wait {
        Wait::Before(_) => 0,
        Wait::AfterFailure(_) => 1,
        Wait::None(why) => return does_not_apply(why),
    };
    let mut stage = Stage::new(&layer(), (0..failures).map(|_| broken()));
    let mut call = stage.begin();
    assert_pending!(Task::new().poll_call(&mut call));
    assert_eq!(stage.script.calls(), failures, "the layer waits by itself");
    assert_eq!(stage.script.in_flight(), 0);
    drop(call);
    stage.assert_works().await;
    assert_eq!(stage.script.calls(), failures + 1, "the dropped call made no other attempt");
}

pub(crate) async fn a_call_dropped_while_another_attempt_waits_leaves_nothing_behind<E, L>(
    layer: impl Fn() -> L,
    facts: &Facts,
) where
    E: Failure,
    L: Layer<Inner<E>, Service: Layered>,
{
    let Wait::AfterFailure(wait) = facts.wait else {
        return does_not_apply("it makes one attempt, which was ready before the call");
    };
    let mut stage = Stage::new(&layer(), [broken()]);
    let mut call = stage.begin();
    stage.readiness.hold();
    assert_pending!(Task::new().poll_call(&mut call));
    advance(wait).await;
    assert_pending!(Task::new().poll_call(&mut call));
    assert_eq!(stage.readiness.waiting(), 1);
    drop(call);
    stage.assert_works().await;
}

/// A caller may keep the future of a call that has ended.
pub(crate) async fn a_call_that_has_ended_leaves_nothing_behind<E, L>(
    layer: impl Fn() -> L,
    facts: &Facts,
) where
    E: Failure,
    L: Layer<Inner<E>, Service: Layered>,
{
    let mut stage = Stage::new(&layer(), []);
    let mut call = stage.begin();
    if let Wait::Before(wait) = facts.wait {
        assert_pending!(Task::new().poll_call(&mut call));
        advance(wait).await;
    }
    assert_ready_ok!(Task::new().poll_call(&mut call));
    stage.assert_idle();
    drop(call);
    assert_eq!(stage.script.dropped(), 0);
    stage.assert_works().await;
}

pub(crate) async fn a_service_dropped_while_ready_leaves_nothing_behind<E, L>(
    layer: impl Fn() -> L,
    _: &Facts,
) where
    E: Failure,
    L: Layer<Inner<E>, Service: Layered>,
{
    let mut stage = Stage::new(&layer(), []);
    let other = stage.service.clone();
    stage.make_ready();
    stage.service = other;
    stage.assert_works().await;
}

pub(crate) async fn a_service_dropped_while_it_waits_leaves_nothing_behind<E, L>(
    layer: impl Fn() -> L,
    _: &Facts,
) where
    E: Failure,
    L: Layer<Inner<E>, Service: Layered>,
{
    let mut stage = Stage::new(&layer(), []);
    let other = stage.service.clone();
    stage.readiness.hold();
    let mut task = Task::new();
    assert_pending!(task.poll(|cx| stage.service.poll_ready(cx)));
    stage.service = other;
    stage.assert_works().await;
    assert!(!task.is_woken(), "nobody waits there any more");
}
