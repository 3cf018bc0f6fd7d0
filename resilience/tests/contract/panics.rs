//! A panic of the service inside is its caller's to see, and breaks no layer.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    task::Poll,
    time::Duration,
};

use resilience::test_util::Answer;
use tokio::time::advance;
use tower_layer::Layer;

use super::{
    facts::Facts,
    failure::Failure,
    stage::{Inner, Layered, Reply, Stage, Task},
};

pub(crate) async fn a_panic_in_call_goes_on_and_the_layer_works_afterwards<E, L>(
    layer: impl Fn() -> L,
    _: &Facts,
) where
    E: Failure,
    L: Layer<Inner<E>, Service: Layered>,
{
    let message = panic_of(&layer(), Answer::panic_in_call()).await;
    assert_eq!(message, "scripted panic in call");
}

pub(crate) async fn a_panic_in_the_future_goes_on_and_the_layer_works_afterwards<E, L>(
    layer: impl Fn() -> L,
    _: &Facts,
) where
    E: Failure,
    L: Layer<Inner<E>, Service: Layered>,
{
    let message = panic_of(&layer(), Answer::panic_in_future()).await;
    assert_eq!(message, "scripted panic in the future");
}

/// The panic that a call ends with; the same service works afterwards, while the future of the
/// call is still there and when it is gone.
async fn panic_of<E, L>(layer: &L, answer: Answer<Reply, E>) -> String
where
    E: Failure,
    L: Layer<Inner<E>, Service: Layered>,
{
    let mut stage = Stage::new(layer, [answer]);
    let mut call = match catch(|| stage.begin()) {
        Ok(call) => call,
        Err(message) => {
            stage.assert_works().await;
            return message;
        }
    };
    // A layer that waits first panics later.
    for _ in 0..10 {
        match catch(|| Task::new().poll_call(&mut call)) {
            Err(message) => {
                stage.assert_works().await;
                drop(call);
                stage.assert_works().await;
                return message;
            }
            Ok(Poll::Pending) => advance(Duration::from_secs(1)).await,
            Ok(Poll::Ready(_)) => panic!("the panic was swallowed"),
        }
    }
    panic!("the call neither ended nor panicked")
}

fn catch<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(ToString::to_string);
        text.or_else(|| panic.downcast_ref::<String>().cloned()).expect("a panic with a text")
    })
}
