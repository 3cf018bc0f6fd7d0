//! What fault injection does, where it is to count as nothing.

use http::Response;

use super::*;
use crate::{error::Rejected, http::HttpClassifier};

const INJECTED: [Reason; 3] = [
    Reason::InjectedError { status: 503 },
    Reason::InjectedGrpc { code: 14 },
    Reason::InjectedAbort,
];

fn ignoring() -> ConfigBuilder {
    config().consecutive_failures(1).ignore_injected(true)
}

/// How a call ends.
struct Ending(Result<Response<()>, BoxError>);

impl From<Response<()>> for Ending {
    fn from(response: Response<()>) -> Self {
        Self(Ok(response))
    }
}

impl From<BoxError> for Ending {
    fn from(error: BoxError) -> Self {
        Self(Err(error))
    }
}

/// Makes a call that ends so.
fn ends(breaker: &CircuitBreakerHandle, with: impl Into<Ending>) {
    let call = breaker.call_with(HttpClassifier, ready(with.into().0));
    let _ = assert_ready!(task::spawn(call).poll());
}

fn rejected(reason: Reason) -> BoxError {
    BoxError::from_rejected(Rejected::new(Name::from_static("fault"), reason))
}

fn answered(status: u16, fault: Option<&str>) -> Response<()> {
    let builder = Response::builder().status(status);
    let builder = fault.into_iter().fold(builder, |it, fault| it.header("x-fault-injected", fault));
    builder.body(()).unwrap()
}

fn outcomes(breaker: &CircuitBreakerHandle) -> [u64; 3] {
    let calls = breaker.calls();
    [calls.succeeded, calls.failed, calls.ignored]
}

#[tokio::test(start_paused = true)]
async fn what_is_injected_counts_as_nothing_and_what_is_not_counts() {
    let breaker = handle("cb-injected", ignoring());
    for reason in INJECTED {
        ends(&breaker, rejected(reason));
    }
    ends(&breaker, answered(503, Some("error")));
    ends(&breaker, answered(200, Some("latency")));
    assert_eq!(outcomes(&breaker), [0, 0, 5]);
    assert_eq!(breaker.snapshot().state, State::Closed);
    ends(&breaker, answered(200, None));
    ends(&breaker, rejected(Reason::TimedOut));
    assert_eq!(outcomes(&breaker), [1, 1, 5]);
    assert_eq!(breaker.snapshot().state, State::Open);
}

#[tokio::test(start_paused = true)]
async fn it_counts_where_nothing_is_said() {
    for (name, result) in [
        ("cb-injected-refusal", Ending::from(rejected(INJECTED[0]))),
        ("cb-injected-answer", answered(503, Some("error")).into()),
    ] {
        let breaker = handle(name, config().consecutive_failures(1));
        ends(&breaker, answered(200, Some("latency")));
        ends(&breaker, result);
        assert_eq!(outcomes(&breaker), [1, 1, 0], "{name}");
        assert_eq!(breaker.snapshot().state, State::Open, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_meets_a_fault_gives_its_place_back() {
    let once = HalfOpen::PermittedCalls { calls: 1 };
    let breaker = handle("cb-injected-probe", ignoring().half_open(once));
    ends(&breaker, rejected(Reason::TimedOut));
    advance(OPEN_FOR * 2).await;
    for _ in 0..3 {
        ends(&breaker, rejected(INJECTED[0]));
        ends(&breaker, answered(200, Some("latency")));
        assert_eq!(breaker.snapshot().state, State::HalfOpen);
    }
    ends(&breaker, answered(200, None));
    assert_eq!(breaker.snapshot().state, State::Closed);
}

#[tokio::test(start_paused = true)]
async fn it_can_be_changed_while_the_breaker_is_in_use() {
    let breaker = handle("cb-injected-update", config().consecutive_failures(1));
    breaker.update(ignoring().build().unwrap());
    ends(&breaker, rejected(INJECTED[0]));
    assert_eq!(breaker.snapshot().state, State::Closed);
    breaker.update(config().consecutive_failures(1).build().unwrap());
    ends(&breaker, rejected(INJECTED[0]));
    assert_eq!(breaker.snapshot().state, State::Open);
}

#[tokio::test(start_paused = true)]
async fn a_classifier_that_knows_no_headers_sees_rejections_alone() {
    let breaker = handle("cb-injected-closure", ignoring());
    let fails = |_: Result<&Response<()>, &BoxError>| Outcome::Failure;
    let call = breaker.call_with(fails, ready(Err(rejected(INJECTED[2]))));
    assert!(assert_ready!(task::spawn(call).poll()).is_err());
    assert_eq!(breaker.snapshot().state, State::Closed);
    let call = breaker.call_with(fails, ready(Ok(answered(503, Some("error")))));
    assert!(assert_ready!(task::spawn(call).poll()).is_ok());
    assert_eq!(breaker.snapshot().state, State::Open);
}
