//! Who has to wait is woken when there is something to do, and not before.

use std::time::Duration;

use resilience::test_util::Answer;
use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready_ok};
use tower::Service;
use tower_layer::Layer;

use super::{
    facts::{Facts, Wait, does_not_apply},
    failure::Failure,
    stage::{Inner, Layered, Reply, Stage, Task, assert_pong, broken, pong},
};

const DELAY: Duration = Duration::from_millis(5);
const TICK: Duration = Duration::from_millis(1);

pub(crate) async fn a_service_that_becomes_ready_wakes_the_newest_task<E, L>(
    layer: impl Fn() -> L,
    _: &Facts,
) where
    E: Failure,
    L: Layer<Inner<E>, Service: Layered>,
{
    let mut stage = Stage::new(&layer(), []);
    let (mut first, mut second) = (Task::new(), Task::new());
    stage.readiness.hold();
    assert_pending!(first.poll(|cx| stage.service.poll_ready(cx)));
    assert_pending!(second.poll(|cx| stage.service.poll_ready(cx)));
    assert_eq!(stage.readiness.waiting(), 1);
    assert!(!first.is_woken() && !second.is_woken(), "nothing has happened yet");

    stage.readiness.release();
    assert!(second.is_woken());
    assert!(!first.is_woken(), "the service has moved to the second task");
    assert_ready_ok!(second.poll(|cx| stage.service.poll_ready(cx)));
    stage.readiness.hold();
    assert_eq!(stage.readiness.reserved(), 1);
}

pub(crate) async fn an_answer_wakes_the_newest_task<E, L>(layer: impl Fn() -> L, facts: &Facts)
where
    E: Failure,
    L: Layer<Inner<E>, Service: Layered>,
{
    let before = if let Wait::Before(wait) = facts.wait { wait } else { Duration::ZERO };
    let slow = || Answer::ok(Reply::default());
    let mut stage = Stage::new(&layer(), [slow().after(DELAY)]);
    let mut call = stage.begin();
    if !before.is_zero() {
        assert_pending!(Task::new().poll_call(&mut call));
        advance(before).await;
    }
    let (mut first, mut second) = (Task::new(), Task::new());
    assert_pending!(first.poll_call(&mut call));
    assert_pending!(second.poll_call(&mut call));
    assert_eq!(stage.script.in_flight(), 1);
    advance(DELAY.saturating_sub(TICK)).await;
    assert!(!first.is_woken() && !second.is_woken(), "nothing has happened yet");

    advance(TICK).await;
    assert!(second.is_woken());
    assert!(!first.is_woken(), "the call has moved to the second task");
    assert_ready_ok!(second.poll_call(&mut call));
}

pub(crate) async fn the_end_of_the_layers_own_wait_wakes_the_newest_task<E, L>(
    layer: impl Fn() -> L,
    facts: &Facts,
) where
    E: Failure,
    L: Layer<Inner<E>, Service: Layered>,
{
    let (wait, failures) = match facts.wait {
        Wait::Before(wait) => (wait, 0),
        Wait::AfterFailure(wait) => (wait, 1),
        Wait::None(why) => return does_not_apply(why),
    };
    let mut stage = Stage::new(&layer(), (0..failures).map(|_| broken()));
    let mut call = stage.begin();
    let (mut first, mut second) = (Task::new(), Task::new());
    assert_pending!(first.poll_call(&mut call));
    assert_pending!(second.poll_call(&mut call));
    assert_eq!(stage.script.calls(), failures);
    advance(wait.saturating_sub(TICK)).await;
    assert!(!first.is_woken() && !second.is_woken(), "the wait is not over");

    advance(TICK).await;
    assert!(second.is_woken());
    assert!(!first.is_woken(), "the call has moved to the second task");
    assert_ready_ok!(second.poll_call(&mut call));
}

pub(crate) async fn readiness_for_another_attempt_wakes_the_newest_task<E, L>(
    layer: impl Fn() -> L,
    facts: &Facts,
) where
    E: Failure,
    L: Layer<Inner<E>, Service: Layered>,
{
    let Wait::AfterFailure(wait) = facts.wait else {
        return does_not_apply("it makes one attempt, which was ready before the call");
    };
    let mut stage = Stage::new(&layer(), [broken(), pong()]);
    let mut call = stage.begin();
    stage.readiness.hold();
    assert_pending!(Task::new().poll_call(&mut call));
    advance(wait).await;
    let (mut first, mut second) = (Task::new(), Task::new());
    assert_pending!(first.poll_call(&mut call));
    assert_pending!(second.poll_call(&mut call));
    assert_eq!(stage.readiness.waiting(), 1);
    assert!(!first.is_woken() && !second.is_woken(), "nothing has happened yet");

    stage.readiness.release();
    assert!(second.is_woken());
    assert!(!first.is_woken(), "the call has moved to the second task");
    assert_pong(&Ok::<_, E>(assert_ready_ok!(second.poll_call(&mut call))));
    stage.assert_idle();
}
