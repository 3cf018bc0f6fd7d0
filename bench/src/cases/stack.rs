use ::tower::BoxError;
use metrics_exporter_prometheus::PrometheusBuilder;
use resilience::telemetry;
use tower_service::Service;

use crate::{
    harness::{Case, Subject, asks, calls, work},
    inner::{Down, Echo},
    subjects::{LONG, failsafe, ours, recloser, seatbelt, tower, tower_resilience},
};

pub(crate) const WITH_FAILSAFE: &str = "tower and failsafe";
pub(crate) const WITH_RECLOSER: &str = "tower and recloser";
const EMPTY_HANDED: &str = "tower-bulwark, nothing carried";
const UNRECORDED: &str = "tower-bulwark, no recorder";

/// Deadline, retry with a budget, breaker, limit of an attempt, idle fault injection.
pub(super) fn cases() -> Vec<Case> {
    vec![full_stack(), recorded()]
}

fn full_stack() -> Case {
    Case::timed(
        "stack",
        "full stack: deadline, retry, budget, breaker, timeout, idle fault",
        vec![
            Subject::ours(|| asks(ours::stack(ours::echo()))),
            Subject::new(EMPTY_HANDED, || calls(ours::stack(ours::echo()))),
            Subject::new(tower_resilience::NAME, || {
                calls(tower_resilience::stack(Echo::<Down>::ready()))
            }),
            Subject::new(seatbelt::NAME, || {
                calls(seatbelt::stack(&seatbelt::exact(), Echo::ready()))
            }),
            Subject::new(seatbelt::COARSE, || {
                calls(seatbelt::stack(&seatbelt::coarse(), Echo::ready()))
            }),
            Subject::new(WITH_FAILSAFE, || calls(with_failsafe(Echo::ready()))),
            Subject::new(WITH_RECLOSER, || calls(with_recloser(Echo::ready()))),
        ],
    )
    .bound(100.0)
}

/// The recorder is installed for the batch alone, so that both subjects can take turns.
fn recorded() -> Case {
    Case::timed(
        "stack-recorded",
        "what a Prometheus recorder adds to the full stack",
        vec![
            Subject::ours(|| {
                let recorder = PrometheusBuilder::new().build_recorder();
                let mut load = asks(ours::stack(ours::echo()));
                metrics::with_local_recorder(&recorder, telemetry::publish);
                work(move |calls| metrics::with_local_recorder(&recorder, || load.run(calls)))
            })
            .over(UNRECORDED)
            // The recorder calibrates a clock when it is made, which takes more than the calls.
            .unsteady(),
            Subject::new(UNRECORDED, || asks(ours::stack(ours::echo()))),
        ],
    )
    .bound(3.0)
}

/// Tower's layers around failsafe's breaker, which has no fault injection.
pub(crate) fn with_failsafe<S: Inner>(inner: S) -> impl Stack {
    let attempt = failsafe::time_window(LONG, tower::timeout(inner));
    tower::around(attempt, failsafe::boxed)
}

/// Tower's layers around recloser's breaker, which has no fault injection.
pub(crate) fn with_recloser<S: Inner>(inner: S) -> impl Stack {
    let attempt = recloser::count_window(100, LONG, tower::timeout(inner));
    tower::around(attempt, recloser::boxed)
}

/// What can stand inside such a stack.
pub(crate) trait Inner:
    Service<u64, Response = u64, Error = Down, Future: Send> + Clone + Send + 'static
{
}

impl<S> Inner for S where
    S: Service<u64, Response = u64, Error = Down, Future: Send> + Clone + Send + 'static
{
}

/// What such a stack is.
pub(crate) trait Stack:
    Service<u64, Response = u64, Error = BoxError, Future: Send> + Clone + Send + 'static
{
}

impl<S> Stack for S where
    S: Service<u64, Response = u64, Error = BoxError, Future: Send> + Clone + Send + 'static
{
}
