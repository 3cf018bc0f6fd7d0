//! A layer's own refusal is told apart from a failure, and holds no place.

use std::{task::Poll, time::Duration};

use resilience::{
    Name, Reason, Refusal, Rejected,
    circuit_breaker::{self, CircuitBreakerLayer},
    deadline::DeadlineLayer,
    fault::{FaultLayer, FaultSwitch},
    retry::{self, RetryLayer},
    test_util::{Answer, Script},
    timeout::TimeoutLayer,
};
use tokio::time::{Instant, advance};
use tokio_test::assert_pending;
use tower::Service;
use tower_layer::{Identity, Layer, Stack};

use super::{
    facts::{Cause, Facts, Refusals, does_not_apply},
    failure::Failure,
    stage::{Call, Inner, Layered, Ping, Reply, Stage, Task, broken, end_of, pong},
    subjects::NAME,
};

const OUTER: Name = Name::from_static("contract-outer");

/// Not outside are lift, which goes innermost and would take a rejection for the service's own
/// error, and respond, which makes an answer of it.
pub(crate) async fn a_refusal_is_seen_through_every_layer_outside<E, L>(
    layer: impl Fn() -> L,
    facts: &Facts,
) where
    E: Failure,
    L: Layer<Inner<E>, Service: Layered + Service<Ping, Error: Refusal>>,
{
    let refusals = match facts.refusals {
        Refusals::When(refusals) => refusals,
        Refusals::Never(why) => return does_not_apply(why),
    };
    let hour = Duration::from_hours(1);
    for &(cause, reason) in refusals {
        let expected = (NAME, reason);
        assert_eq!(seen(layer(), Identity::new(), cause).await, expected, "alone, {cause:?}");
        let outer = CircuitBreakerLayer::new(OUTER, circuit_breaker::Config::default());
        assert_eq!(seen(layer(), outer, cause).await, expected, "in a breaker, {cause:?}");
        let twice = retry::Config::builder().max_attempts(2).build().expect("2 is in range");
        let outer = RetryLayer::new(OUTER, twice);
        assert_eq!(seen(layer(), outer, cause).await, expected, "in a retry, {cause:?}");
        let outer = FaultLayer::new(OUTER, FaultSwitch::new());
        assert_eq!(seen(layer(), outer, cause).await, expected, "in idle faults, {cause:?}");
        // What reads the deadline of a request refuses one that has passed before the layer can.
        if cause != Cause::DeadlinePassed {
            let outer = TimeoutLayer::new(OUTER, hour);
            assert_eq!(seen(layer(), outer, cause).await, expected, "in a timeout, {cause:?}");
            let outer = DeadlineLayer::new(OUTER, hour);
            assert_eq!(seen(layer(), outer, cause).await, expected, "in a deadline, {cause:?}");
        }
    }
}

/// An error of `poll_ready` would end a `Buffer` outside for good, for one refused call.
pub(crate) async fn a_layer_that_will_refuse_the_call_reports_ready<E, L>(
    layer: impl Fn() -> L,
    facts: &Facts,
) where
    E: Failure,
    L: Layer<Inner<E>, Service: Layered + Service<Ping, Error: Refusal>>,
{
    let refusals = match facts.refusals {
        Refusals::When(refusals) => refusals,
        Refusals::Never(why) => return does_not_apply(why),
    };
    for &(cause, reason) in refusals {
        let mut stage = Stage::with_script(&layer(), script(cause));
        let mut others = None;
        if let Cause::Failures(failures) | Cause::ProbeTaken(failures, _) = cause {
            fail(&mut stage, failures).await;
        }
        if let Cause::ProbeTaken(_, wait) = cause {
            advance(wait).await;
            others = Some(probe(&mut stage));
        }
        // Here a layer knows of a refusal that does not depend on the request.
        let ready = Task::new().poll(|cx| stage.service.poll_ready(cx));
        assert!(matches!(ready, Poll::Ready(Ok(()))), "{cause:?}: {ready:?}");
        let call = Box::pin(stage.service.call(ping(cause)));
        let error = end_of(call).await.expect_err("the call is refused");
        assert_eq!(error.as_rejected().map(Rejected::reason), Some(reason), "{cause:?}");
        drop(others);
    }
}

pub(crate) async fn a_refused_call_keeps_no_reservation<E, L>(layer: impl Fn() -> L, facts: &Facts)
where
    E: Failure,
    L: Layer<Inner<E>, Service: Layered + Service<Ping, Error: Refusal>>,
{
    let refusals = match facts.refusals {
        Refusals::When(refusals) => refusals,
        Refusals::Never(why) => return does_not_apply(why),
    };
    let unsent = refusals.iter().filter(|(cause, _)| !cause.is_sent());
    for &(cause, _) in unsent {
        let mut stage = Stage::with_script(&layer(), script(cause));
        let (call, _others) = refused(&mut stage, cause).await;
        // The service and the future of the refused call are still there.
        assert_eq!(stage.readiness.reserved(), 0, "{cause:?}");
        assert!(end_of(call).await.is_err(), "{cause:?}");
    }
}

/// A caller may keep the future of a call that has ended, and what is inside must not work on.
pub(crate) async fn a_call_that_the_layer_ends_is_ended_inside_too<E, L>(
    layer: impl Fn() -> L,
    facts: &Facts,
) where
    E: Failure,
    L: Layer<Inner<E>, Service: Layered + Service<Ping, Error: Refusal>>,
{
    let refusals = match facts.refusals {
        Refusals::When(refusals) => refusals,
        Refusals::Never(why) => return does_not_apply(why),
    };
    for &(cause, _) in refusals {
        let (Cause::Limit(wait) | Cause::Deadline(wait)) = cause else {
            does_not_apply("it refuses before the service is called");
            continue;
        };
        let mut stage = Stage::with_script(&layer(), script(cause));
        let (mut call, _) = refused(&mut stage, cause).await;
        assert_pending!(Task::new().poll_call(&mut call));
        advance(wait).await;
        assert_eq!(stage.script.in_flight(), 1, "{cause:?}: the caller has not looked yet");
        assert!(Task::new().poll_call(&mut call).is_ready(), "{cause:?}");
        assert_eq!(stage.script.dropped(), 1, "{cause:?}");
        stage.assert_idle();
    }
}

/// Who refused and why, as the caller of `outer` sees it.
async fn seen<E, L, O>(layer: L, outer: O, cause: Cause) -> (Name, Reason)
where
    E: Failure,
    L: Layer<Inner<E>>,
    O: Layer<L::Service, Service: Layered + Service<Ping, Error: Refusal>>,
{
    let mut stage = Stage::with_script(&Stack::new(layer, outer), script(cause));
    let (call, _others) = refused(&mut stage, cause).await;
    let error = end_of(call).await.expect_err("the call is refused");
    let rejected = error.as_rejected().unwrap_or_else(|| panic!("{cause:?}: {error:?}"));
    (Rejected::name(rejected), rejected.reason())
}

fn script<E: Failure>(cause: Cause) -> Script<Ping, Reply, E> {
    match cause {
        Cause::Failures(failures) => Script::new((0..failures).map(|_| broken())).then(pong),
        Cause::ProbeTaken(failures, _) => {
            let fails = (0..failures).map(|_| broken());
            Script::new(fails.chain([Answer::never()])).then(pong)
        }
        Cause::Limit(_) | Cause::Deadline(_) => Script::always(Answer::never),
        Cause::DeadlinePassed | Cause::Request => Script::always(pong),
    }
}

/// A call that is refused for `cause` though the service was ready before, and the calls of
/// others that have to go on meanwhile.
async fn refused<S: Layered, E: Failure>(
    stage: &mut Stage<S, E>,
    cause: Cause,
) -> (Call<S>, Option<Call<S>>) {
    let mut others = None;
    match cause {
        Cause::Failures(failures) => {
            stage.make_ready();
            fail(stage, failures).await;
        }
        Cause::ProbeTaken(failures, wait) => {
            fail(stage, failures).await;
            advance(wait).await;
            stage.make_ready();
            others = Some(probe(stage));
        }
        _ => stage.make_ready(),
    }
    assert_eq!(stage.readiness.reserved(), 1, "{cause:?} comes between readiness and call");
    (Box::pin(stage.service.call(ping(cause))), others)
}

/// A request that is refused for `cause`.
fn ping(cause: Cause) -> Ping {
    match cause {
        Cause::Deadline(wait) => Ping::due(Instant::now() + wait),
        Cause::DeadlinePassed => Ping::due(Instant::now()),
        Cause::Request => Ping::refused(),
        _ => Ping::default(),
    }
}

/// The call of another that takes the only probe.
fn probe<S: Layered, E: Failure>(stage: &mut Stage<S, E>) -> Call<S> {
    let mut probe = other(stage);
    assert_pending!(Task::new().poll_call(&mut probe));
    probe
}

/// Lets `failures` calls of others fail.
async fn fail<S: Layered, E: Failure>(stage: &mut Stage<S, E>, failures: usize) {
    for _ in 0..failures {
        let call = other(stage);
        end_of(call).await.expect_err("the service fails");
    }
}

fn other<S: Layered, E: Failure>(stage: &mut Stage<S, E>) -> Call<S> {
    let clone = stage.service.clone();
    let first = std::mem::replace(&mut stage.service, clone);
    let call = stage.begin();
    stage.service = first;
    call
}
