//! Which instance of the service inside makes the attempts.

use std::{
    future::{Ready, ready},
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use tower::{Layer, Service, ServiceExt};

use super::{NAME, RetryLayer, config};
use crate::error::BoxError;

/// Goes to the next of three services with each call, by a number of its own, and always fails.
#[derive(Clone, Default)]
struct Turns {
    next: usize,
    seen: Arc<Mutex<Vec<usize>>>,
}

impl Service<()> for Turns {
    type Response = ();
    type Error = BoxError;
    type Future = Ready<Result<(), BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (): ()) -> Self::Future {
        self.seen.lock().unwrap().push(self.next);
        self.next = (self.next + 1) % 3;
        ready(Err("down".into()))
    }
}

#[tokio::test(start_paused = true)]
async fn retries_go_through_one_clone_of_the_instance_that_is_called_as_it_was_then() {
    let turns = Turns::default();
    let mut retry = RetryLayer::new(NAME, config(3, 0)).without_budget().layer(turns.clone());
    for _ in 0..2 {
        retry.ready().await.unwrap().call(()).await.unwrap_err();
    }
    assert_eq!(*turns.seen.lock().unwrap(), [0, 0, 1, 1, 1, 2]);
}
