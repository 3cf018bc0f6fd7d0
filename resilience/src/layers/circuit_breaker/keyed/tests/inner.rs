use std::{
    future::{Future, pending, ready},
    pin::Pin,
    task::{Context, Poll},
};

use tower::Service;

use crate::{
    circuit_breaker::keyed::{Key, KeyOf, KeyRef},
    error::BoxError,
};

/// A call of a key, and what is to come of it.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) key: Key,
    pub(super) say: Say,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Say {
    Ok,
    Fail,
    Hang,
    Panic,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct ByKey;

impl KeyOf<Ask> for ByKey {
    fn with_key<T>(&self, ask: &Ask, look_up: impl FnOnce(KeyRef<'_>) -> T) -> T {
        look_up(ask.key.as_key_ref())
    }
}

/// Does what each request says.
#[derive(Clone, Debug)]
pub(super) struct Script;

pub(super) type Answer = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

impl Service<Ask> for Script {
    type Response = ();
    type Error = BoxError;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, ask: Ask) -> Answer {
        match ask.say {
            Say::Ok => Box::pin(ready(Ok(()))),
            Say::Fail => Box::pin(ready(Err("failed".into()))),
            Say::Hang => Box::pin(pending()),
            Say::Panic => Box::pin(async { panic!("in poll") }),
        }
    }
}
