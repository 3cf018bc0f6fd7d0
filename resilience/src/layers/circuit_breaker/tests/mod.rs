//! The breaker through its service; the machine alone is in `machine_tests`.

use std::{
    future::{Future, pending, ready},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready, assert_ready_err, assert_ready_ok, task};
use tower::{Service, ServiceExt};
use tower_layer::Layer;
use tower_test::mock;

use super::{
    ChangeReason, CircuitBreaker, CircuitBreakerHandle, CircuitBreakerLayer, Config, ConfigBuilder,
    HalfOpen, State, Window,
};
use crate::{
    classify::AnyError,
    error::{BoxError, Reason, Refusal},
    event::{Event, Listener},
    meter::Meter,
    name::Name,
    outcome::Outcome,
    ratio::Ratio,
    time::tests::reads_of,
};

mod automatic;
mod cancelled;
mod closed;
mod contract;
mod forced;
mod group;
mod half_open;
#[cfg(feature = "http")]
mod injected;
mod manual;
mod model;
mod open_wait;
mod outside;
mod overdue;
mod probes;
mod robust;
mod rules;
mod shadow;
mod shares;
mod slow;
mod snapshot;
mod standalone;
mod update;
mod waiting;

const OPEN_FOR: Duration = Duration::from_secs(5);

fn config() -> ConfigBuilder {
    Config::builder()
        .window(Window::Count { size: 10 })
        .min_calls(5)
        .open_jitter(Ratio::ZERO)
        .open_for(OPEN_FOR)
        .open_growth(2.0, Duration::from_mins(1))
}

fn layer(name: &'static str, config: ConfigBuilder) -> CircuitBreakerLayer {
    CircuitBreakerLayer::new(Name::from_static(name), config.build().unwrap())
}

/// A breaker without Tower, for tests that need no service.
fn handle(name: &'static str, config: ConfigBuilder) -> CircuitBreakerHandle {
    CircuitBreakerHandle::standalone(Name::from_static(name), config.build().unwrap())
}

const LIMITED: Outcome = Outcome::RateLimited { retry_after: None };

/// Makes a call that comes to `outcome`; `false` when it is refused.
fn tell(breaker: &CircuitBreakerHandle, outcome: Outcome) -> bool {
    breaker.try_acquire().map(|permit| permit.finish(outcome)).is_ok()
}

/// Makes a call for each letter: `+` succeeds, `-` fails, `l` is rate-limited, `i` is ignored.
/// A refusal is a mistake.
fn tell_all(breaker: &CircuitBreakerHandle, outcomes: &str) {
    for (at, letter) in outcomes.chars().enumerate() {
        let outcome = match letter {
            '+' => Outcome::Success,
            '-' => Outcome::Failure,
            'l' => LIMITED,
            _ => Outcome::Ignored,
        };
        assert!(tell(breaker, outcome), "number {at} of {outcomes} is refused");
    }
}

fn state(breaker: &CircuitBreakerHandle) -> State {
    breaker.snapshot().state
}

/// Why the last change happened.
fn reason(breaker: &CircuitBreakerHandle) -> Option<ChangeReason> {
    breaker.snapshot().transitions.first().map(|change| change.reason)
}

/// What a listener is told of changes and rules, in short.
type Heard = Arc<Mutex<Vec<String>>>;

fn hear(breaker: &CircuitBreakerHandle) -> Heard {
    let heard = Heard::default();
    let sink = Arc::clone(&heard);
    breaker.listen(Listener::new(move |event| {
        let line = match event {
            Event::StateChanged { from, to, reason, .. } => {
                format!("{} > {}: {}", from.as_str(), to.as_str(), reason.as_str())
            }
            Event::RuleMet { reason, .. } => format!("met {}", reason.as_str()),
            other => format!("{other:?}"),
        };
        sink.lock().unwrap().push(line);
    }));
    heard
}

/// What was heard since the last time.
fn take(heard: &Heard) -> Vec<String> {
    std::mem::take(&mut *heard.lock().unwrap())
}

/// Does what each request says.
#[derive(Clone)]
struct Script;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Say {
    Ok,
    Fail,
    Hang,
    PanicInCall,
    PanicInPoll,
}

impl crate::carry::Carry for Say {}

type Answer = Pin<Box<dyn Future<Output = Result<Say, BoxError>> + Send>>;

impl Service<Say> for Script {
    type Response = Say;
    type Error = BoxError;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, say: Say) -> Answer {
        match say {
            Say::Ok => Box::pin(ready(Ok(say))),
            Say::Fail => Box::pin(ready(Err("failed".into()))),
            Say::Hang => Box::pin(pending()),
            Say::PanicInCall => panic!("in call"),
            Say::PanicInPoll => Box::pin(async { panic!("in poll") }),
        }
    }
}

type Breaker = CircuitBreaker<Script, AnyError>;

fn call(breaker: &Breaker, say: Say) -> Result<Say, BoxError> {
    let mut call = task::spawn(breaker.clone().oneshot(say));
    assert_ready!(call.poll(), "the script answers at once")
}

/// A call that was made and is not answered until it is dropped.
fn begin(breaker: &Breaker, say: Say) -> task::Spawn<super::ResponseFuture<Answer, AnyError>> {
    let mut service = task::spawn(breaker.clone());
    assert_ready_ok!(service.enter(|cx, mut service| service.poll_ready(cx)));
    let mut call = task::spawn(service.enter(|_, mut service| service.call(say)));
    if say == Say::Hang {
        assert_pending!(call.poll());
    }
    call
}

fn refusal(result: Result<Say, BoxError>) -> Option<Reason> {
    result.err().and_then(|error| error.as_rejected().map(crate::error::Rejected::reason))
}

fn open(breaker: &Breaker) {
    for _ in 0..10 {
        let _ = call(breaker, Say::Fail);
    }
    assert_eq!(refusal(call(breaker, Say::Ok)), Some(Reason::CircuitOpen));
}
