//! Who is polled ready is called, and nobody else.

use tokio_test::assert_pending;
use tower::Service;
use tower_layer::Layer;

use super::{
    facts::Facts,
    failure::Failure,
    stage::{Inner, Layered, Ping, Stage, Task, assert_pong, end_of},
};

/// The probe panics when another instance is called.
pub(crate) async fn a_call_goes_to_the_instance_that_was_polled_ready<E, L>(
    layer: impl Fn() -> L,
    _: &Facts,
) where
    E: Failure,
    L: Layer<Inner<E>, Service: Layered>,
{
    let mut stage = Stage::new(&layer(), []);
    for calls in 1..=3 {
        stage.make_ready();
        assert_eq!(stage.readiness.reserved(), 1, "the service inside is ready for this call");
        let call = Box::pin(stage.service.call(Ping::default()));
        assert_pong(&end_of(call).await);
        assert_eq!(stage.script.calls(), calls);
        stage.assert_idle();
    }
}

/// A clone that passed for ready would be called, and reach an instance that is not.
pub(crate) async fn a_clone_asks_for_readiness_of_its_own<E, L>(layer: impl Fn() -> L, _: &Facts)
where
    E: Failure,
    L: Layer<Inner<E>, Service: Layered>,
{
    let mut stage = Stage::new(&layer(), []);
    stage.make_ready();
    let mut clone = stage.service.clone();
    stage.readiness.hold();
    assert_pending!(Task::new().poll(|cx| clone.poll_ready(cx)), "no place is left for a clone");
    assert_pong(&end_of(Box::pin(stage.service.call(Ping::default()))).await);

    stage.readiness.release();
    stage.service = clone;
    stage.assert_works().await;
}
