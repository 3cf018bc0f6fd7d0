//! Many breakers behind one layer; what one breaker does is tested beside it.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready, assert_ready_err, assert_ready_ok, task};
use tower::{Service, ServiceExt, limit::ConcurrencyLimit};
use tower_layer::Layer;

use super::{Config, Key, KeyedCircuitBreaker, KeyedCircuitBreakerLayer};
use crate::{
    circuit_breaker::{self, ConfigBuilder, HalfOpen, ResponseFuture, State},
    classify::AnyError,
    error::{BoxError, Reason, Refusal},
    name::Name,
    ratio::Ratio,
};
use inner::{Answer, Ask, ByKey, Say, Script};

mod calls;
mod cap;
mod drops;
mod idle;
mod inner;
mod look;
mod threads;

const OPEN_FOR: Duration = Duration::from_secs(5);
const IDLE_FOR: Duration = Duration::from_mins(1);

type Tested = KeyedCircuitBreakerLayer<ByKey>;
type Breaker<S = Script> = KeyedCircuitBreaker<S, ByKey, AnyError>;

/// A breaker that opens at the second failure in a row and lets one probe through.
fn breaker() -> ConfigBuilder {
    circuit_breaker::Config::builder()
        .consecutive_failures(2)
        .open_for(OPEN_FOR)
        .open_jitter(Ratio::ZERO)
        .half_open(HalfOpen::PermittedCalls { calls: 1 })
}

fn config(max_keys: usize) -> Config {
    let breaker = breaker().build().unwrap();
    Config::builder(breaker).max_keys(max_keys).idle_for(IDLE_FOR).build().unwrap()
}

fn layer(name: &'static str, max_keys: usize) -> Tested {
    KeyedCircuitBreakerLayer::unlisted(Name::from_static(name), config(max_keys), ByKey, AnyError)
}

fn call(service: &Breaker, key: impl Into<Key>, say: Say) -> Result<(), BoxError> {
    let mut call = task::spawn(service.clone().oneshot(Ask { key: key.into(), say }));
    assert_ready!(call.poll(), "the script answers at once")
}

/// A call that is made and not polled yet.
fn begin<S>(service: &Breaker<S>, key: impl Into<Key>, say: Say) -> Begun<S::Future>
where
    S: Service<Ask, Response = (), Error = BoxError> + Clone,
{
    let mut service = service.clone();
    assert_ready_ok!(task::spawn(()).enter(|cx, _| service.poll_ready(cx)));
    task::spawn(service.call(Ask { key: key.into(), say }))
}

type Begun<F = Answer> = task::Spawn<ResponseFuture<F, AnyError>>;

fn refusal(result: Result<(), BoxError>) -> Option<Reason> {
    result.err().and_then(|error| error.as_rejected().map(crate::error::Rejected::reason))
}

fn open(service: &Breaker, key: impl Into<Key>) {
    let key = key.into();
    for _ in 0..2 {
        assert_eq!(refusal(call(service, key.clone(), Say::Fail)), None);
    }
    assert_eq!(refusal(call(service, key, Say::Ok)), Some(Reason::CircuitOpen));
}

/// The keys that there are, as text.
fn keys(layer: &Tested) -> Vec<String> {
    layer.handle().snapshots(None, usize::MAX).iter().map(|one| one.key.to_string()).collect()
}
