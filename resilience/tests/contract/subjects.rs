//! The layers, one line each.

use std::{io, sync::Once, time::Duration};

#[cfg(feature = "http")]
use resilience::respond::RespondLayer;
use resilience::{
    BoxError, Error, Name, Ratio, Reason,
    circuit_breaker::{CircuitBreakerLayer, Config as BreakerConfig, HalfOpen},
    deadline::DeadlineLayer,
    fault::{Fault, FaultLayer, FaultPlan, FaultSwitch, Target},
    lift::LiftLayer,
    propagate::{Config as PropagateConfig, Outbound, PropagateLayer},
    retry::{Backoff, Config as RetryConfig, Jitter, RetryLayer},
    timeout::TimeoutLayer,
    trace::TraceLayer,
};

#[cfg(feature = "keyed")]
use resilience::{
    budget::{TokenBudget, keyed::KeyedRetryBudget},
    circuit_breaker::keyed::KeyedCircuitBreakerLayer,
    keyed::{ByNumber, by_number},
    retry::{BudgetBy, OnFailure},
};

use super::{
    Cause, Refusals, Wait, contract,
    failure::Broken,
    stage::{Ping, Reply},
};

pub(crate) const NAME: Name = Name::from_static("contract");

const LIMIT: Duration = Duration::from_millis(100);
const WAIT: Duration = Duration::from_millis(20);
const OPEN_FOR: Duration = Duration::from_secs(5);
/// More than one, so that the one failure of another property leaves the breaker closed.
const FAILURES: u32 = 2;

const BESIDE: Wait = Wait::None("its timer runs beside the service and not instead of it");
const PASSES: Wait = Wait::None("it passes every poll on");

const OPEN: Refusals = Refusals::When(&[
    (Cause::Failures(FAILURES as usize), Reason::CircuitOpen),
    (Cause::ProbeTaken(FAILURES as usize, OPEN_FOR), Reason::ProbesTaken),
]);
const TIMED_OUT: Refusals = Refusals::When(&[
    (Cause::Limit(LIMIT), Reason::TimedOut),
    (Cause::Deadline(WAIT), Reason::DeadlineExceeded),
    (Cause::DeadlinePassed, Reason::DeadlineExpired),
]);
const EXCEEDED: Refusals = Refusals::When(&[
    (Cause::Limit(LIMIT), Reason::DeadlineExceeded),
    (Cause::Deadline(WAIT), Reason::DeadlineExceeded),
    (Cause::DeadlinePassed, Reason::DeadlineExpired),
]);

const TOO_LATE: Refusals = Refusals::When(&[(Cause::DeadlinePassed, Reason::DeadlineExpired)]);

const INJECTS: bool = cfg!(feature = "fault-injection");
const TRANSPARENT: &str = "without the feature `fault-injection` nothing is injected";
const LATENCY: Wait = if INJECTS { Wait::Before(WAIT) } else { Wait::None(TRANSPARENT) };
const INJECTED_ERROR: Refusals =
    injected(&[(Cause::Request, Reason::InjectedError { status: 503 })]);
const INJECTED_CODE: Refusals = injected(&[(Cause::Request, Reason::InjectedGrpc { code: 14 })]);
const INJECTED_ABORT: Refusals = injected(&[(Cause::Request, Reason::InjectedAbort)]);

const fn injected(refusals: &'static [(Cause, Reason)]) -> Refusals {
    if INJECTS { Refusals::When(refusals) } else { Refusals::Never(TRANSPARENT) }
}

contract!(circuit_breaker: breaker(), [BoxError, Error<Broken>],
    Facts { wait: Wait::None("an open breaker refuses and does not wait"), refusals: OPEN });
// Its key is known with the request only, so that it asks the service inside also when it is going to
// refuse. That is ready wherever a refusal is asked for here, and the properties hold all the same.
#[cfg(feature = "keyed")]
contract!(keyed_circuit_breaker: keyed_breaker(), [BoxError, Error<Broken>],
    Facts { wait: Wait::None("an open breaker refuses and does not wait"), refusals: OPEN });
contract!(retry: retry(), [BoxError, Error<Broken>],
    Facts { wait: Wait::AfterFailure(WAIT), refusals: Refusals::Never("it hands on the last result") });
#[cfg(feature = "keyed")]
contract!(retry_by_key: keyed_retry(), [BoxError, Error<Broken>],
    Facts { wait: Wait::AfterFailure(WAIT), refusals: Refusals::Never("it hands on the last result") });
contract!(timeout: TimeoutLayer::new(NAME, LIMIT), [BoxError, Error<Broken>],
    Facts { wait: BESIDE, refusals: TIMED_OUT });
contract!(deadline: DeadlineLayer::new(NAME, LIMIT), [BoxError, Error<Broken>],
    Facts { wait: BESIDE, refusals: EXCEEDED });
contract!(propagate: PropagateLayer::with_outbound(NAME, PropagateConfig::default(), PingOutbound),
    [BoxError, Error<Broken>],
    Facts { wait: PASSES, refusals: TOO_LATE });
contract!(fault_idle: FaultLayer::new(NAME, FaultSwitch::new()), [BoxError, Error<Broken>],
    Facts { wait: Wait::None("nothing is armed"), refusals: Refusals::Never("nothing is armed") });
contract!(fault_latency: armed(Fault::Latency { delay: WAIT }, ""), [BoxError, Error<Broken>],
    Facts { wait: LATENCY, refusals: Refusals::Never("latency ends with the call itself") });
contract!(fault_error: armed(Fault::Error { status: 503 }, REFUSED), [BoxError, Error<Broken>],
    Facts { wait: Wait::None("it refuses at once"), refusals: INJECTED_ERROR });
contract!(fault_grpc: armed(Fault::GrpcStatus { code: 14 }, REFUSED), [BoxError, Error<Broken>],
    Facts { wait: Wait::None("it refuses at once"), refusals: INJECTED_CODE });
contract!(fault_abort: armed(Fault::Abort, REFUSED), [BoxError, Error<Broken>],
    Facts { wait: Wait::None("it refuses at once"), refusals: INJECTED_ABORT });
contract!(trace: trace(), [BoxError, Error<Broken>],
    Facts { wait: PASSES, refusals: Refusals::Never("it records what others refuse") });
contract!(lift: LiftLayer, [Broken, BoxError],
    Facts { wait: PASSES, refusals: Refusals::Never("it changes the type of errors and makes none") });
#[cfg(feature = "http")]
contract!(respond: RespondLayer, [Error<BoxError>, Error<Broken>],
    Facts { wait: PASSES, refusals: Refusals::Never("it answers for layers inside that refuse") });

fn breaker() -> CircuitBreakerLayer {
    CircuitBreakerLayer::new(NAME, breaker_config())
}

#[cfg(feature = "keyed")]
type OneKey = ByNumber<fn(&Ping) -> u64>;

#[cfg(feature = "keyed")]
fn keyed_breaker() -> KeyedCircuitBreakerLayer<OneKey> {
    KeyedCircuitBreakerLayer::new(NAME, breaker_config(), by_number(|_| 7))
}

fn breaker_config() -> BreakerConfig {
    let config = BreakerConfig::builder()
        .consecutive_failures(FAILURES)
        .open_for(OPEN_FOR)
        .open_jitter(Ratio::ZERO)
        .half_open(HalfOpen::PermittedCalls { calls: 1 })
        .build();
    config.expect("all in range")
}

fn retry() -> RetryLayer {
    let backoff = Backoff::fixed(WAIT).jitter(Jitter::None).build().expect("in range");
    let config = RetryConfig::builder().backoff(backoff).build().expect("in range");
    RetryLayer::new(NAME, config)
}

#[cfg(feature = "keyed")]
fn keyed_retry() -> RetryLayer<OnFailure, BudgetBy<OneKey>> {
    let budgets = KeyedRetryBudget::new(NAME, TokenBudget::default());
    retry().budget_by(by_number(|_| 7), budgets)
}

/// Somebody wants its spans: without that it hands on what is inside.
fn trace() -> TraceLayer {
    static SPANS: Once = Once::new();
    SPANS.call_once(|| tracing_subscriber::fmt().with_writer(io::sink).init());
    TraceLayer::new(NAME)
}

/// The path of requests that ask to be refused.
const REFUSED: &str = "/refused";

/// Every request whose path begins with `prefix` is hit.
fn armed(fault: Fault, prefix: &str) -> FaultLayer<PingTarget> {
    let plan = FaultPlan::new(fault, Ratio::ONE, Duration::from_hours(24)).expect("in range");
    let switch = FaultSwitch::new();
    switch.arm(plan.path_prefix(prefix));
    FaultLayer::with_target(NAME, switch, PingTarget)
}

/// A ping goes nowhere, and says nothing of its time.
#[derive(Clone, Copy, Debug)]
struct PingOutbound;

impl Outbound<Ping> for PingOutbound {
    fn set_time_left(&self, _: &mut Ping, _: Duration) {}
}

#[derive(Clone, Copy, Debug)]
struct PingTarget;

impl Target<Ping, Reply> for PingTarget {
    fn path<'a>(&self, ping: &'a Ping) -> Option<&'a str> {
        Some(if ping.wants_refusal { REFUSED } else { "/" })
    }
}
