use std::{
    future::{Ready, ready},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::time::Instant;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::{
    carry::{Carried, Carry},
    error::{BoxError, Reason, Refusal, Rejected},
    event::{Event, Listener, State},
    name::Name,
    settings::{Stack, StackSettings},
};

type Request = http::Request<()>;
type Response = http::Response<()>;

const LIMIT: Duration = Duration::from_millis(100);

fn stack(document: &Value) -> Stack {
    let settings: StackSettings = serde_json::from_value(document.clone()).unwrap();
    settings.build(Name::from_static("settings-stack")).unwrap()
}

fn request() -> Request {
    Request::new(())
}

/// A service that never answers, and the calls it has had.
fn hangs() -> (Arc<AtomicU32>, impl Service<Request, Response = Response, Error = BoxError> + Clone)
where
{
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let service = service_fn(move |_: Request| {
        counted.fetch_add(1, Ordering::Relaxed);
        std::future::pending::<Result<Response, BoxError>>()
    });
    (calls, service)
}

fn everything() -> Value {
    json!({
        "deadline": { "limit": "1s" },
        "retry": {
            "max_attempts": 3,
            "backoff": { "initial": "10ms", "growth": "fixed", "jitter": "none" },
        },
        "circuit_breaker": { "consecutive_failures": 2 },
        "timeout": { "limit": "100ms" },
    })
}

/// Why a call of `service` was refused. Where no layer ends it, the test does.
async fn reason(
    service: impl Service<Request, Response = Response, Error = BoxError>,
) -> Option<Reason> {
    let call = tokio::time::timeout(Duration::from_hours(1), service.oneshot(request()));
    let error = call.await.expect("a layer ends the call").unwrap_err();
    error.as_rejected().map(Rejected::reason)
}

#[tokio::test(start_paused = true)]
async fn each_layer_stands_where_the_table_says() {
    let stack = stack(&everything());
    let (calls, service) = hangs();
    let start = Instant::now();
    let reason = reason(stack.layer(service)).await;
    // The timeout ends each attempt and is a failure to the breaker, which opens with the second;
    // retry sees its refusal of the third, and gives up.
    assert_eq!(reason, Some(Reason::CircuitOpen));
    assert_eq!(calls.load(Ordering::Relaxed), 2);
    let wait = Duration::from_millis(10);
    assert_eq!(start.elapsed(), LIMIT + wait + LIMIT + wait);
    assert_eq!(stack.breaker().unwrap().snapshot().state, State::Open);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_bounds_the_attempts_and_their_waits() {
    let mut document = everything();
    document["deadline"]["limit"] = "150ms".into();
    let (calls, service) = hangs();
    let start = Instant::now();
    let reason = reason(stack(&document).layer(service)).await;
    assert_eq!(reason, Some(Reason::DeadlineExceeded));
    assert_eq!(start.elapsed(), Duration::from_millis(150));
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

#[cfg(feature = "fault-injection")]
#[tokio::test(start_paused = true)]
async fn a_fault_next_to_the_service_is_felt_by_every_layer() {
    use crate::{
        fault::{Fault, FaultLayer, FaultPlan, FaultSwitch},
        ratio::Ratio,
    };
    let switch = FaultSwitch::new();
    let plan = FaultPlan::new(Fault::Stall, Ratio::ONE, Duration::from_mins(1)).unwrap();
    switch.arm(plan);
    let faults = FaultLayer::new(Name::from_static("settings-stack-faults"), switch.clone());
    let service = Notes::default();
    let stack = stack(&everything());
    let reason = reason(stack.layer(faults.layer(service.clone()))).await;
    assert_eq!(reason, Some(Reason::CircuitOpen), "retry sees what the breaker makes of it");
    assert_eq!(switch.status().injected, 2, "the timeout ends each, and the breaker counts it");
    assert!(service.0.lock().unwrap().is_empty());
}

/// Notes what it is handed.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<Carried>>>);

impl Service<Request> for Notes {
    type Response = Response;
    type Error = BoxError;
    type Future = Ready<Result<Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        self.0.lock().unwrap().push(request.carried());
        ready(Err("no".into()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_is_off_leaves_no_trace() {
    let stack = stack(&json!({}));
    let service = Notes::default();
    let error = stack.layer(service.clone()).oneshot(request()).await.unwrap_err();
    assert_eq!(error.to_string(), "no");
    let seen = service.0.lock().unwrap();
    assert_eq!(*seen, [Carried::default()], "one attempt, without a deadline");
    assert!(stack.breaker().is_none() && stack.budget().is_none());
    assert_eq!(*stack.settings(), StackSettings::default());
}

#[tokio::test(start_paused = true)]
async fn each_policy_alone_does_its_work() {
    let attempts = |document: Value| async move {
        let service = Notes::default();
        let stack = stack(&document);
        for _ in 0..3 {
            let _ = stack.layer(service.clone()).oneshot(request()).await;
        }
        let seen = service.0.lock().unwrap();
        (seen.len(), seen[0].deadline.is_some())
    };
    assert_eq!(attempts(json!({ "retry": { "max_attempts": 2 } })).await, (6, false));
    assert_eq!(attempts(json!({ "deadline": { "limit": "1s" } })).await, (3, true));
    let breaker = json!({ "circuit_breaker": { "consecutive_failures": 1 } });
    assert_eq!(attempts(breaker).await, (1, false));

    let (_, service) = hangs();
    let timeout = stack(&json!({ "timeout": { "limit": "100ms" } }));
    assert_eq!(reason(timeout.layer(service)).await, Some(Reason::TimedOut));
}

#[tokio::test(start_paused = true)]
async fn a_listener_hears_every_layer() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let to = Arc::clone(&heard);
    let listener = Listener::new(move |event: &Event| {
        to.lock().unwrap().push(format!("{event:?}"));
    });
    let deadline = json!({ "deadline": { "limit": "1s" } });
    for document in [everything(), deadline] {
        let stack = stack(&document).on_event(&listener);
        reason(stack.layer(hangs().1)).await;
    }
    let heard = heard.lock().unwrap().join("\n");
    for part in ["reason: TimedOut", "to: Open", "Retried", "reason: DeadlineExceeded"] {
        assert!(heard.contains(part), "{part} is not in {heard}");
    }
}

#[test]
fn retry_has_the_default_budget_unless_a_word_says_otherwise() {
    let default = stack(&json!({ "retry": {} }));
    assert_eq!(default.budget().map(|budget| budget.balance(Instant::now())), Some(100));
    let without = stack(&json!({ "retry": {}, "budget": "off" }));
    assert!(without.budget().is_none());
}

#[test]
fn what_is_in_force_can_be_read_again() {
    let name = Name::from_static("settings-stack");
    let shown = stack(&everything()).settings().clone();
    assert_eq!(shown.build(name).unwrap().settings(), &shown);
    let text = toml::to_string(&shown).unwrap();
    assert_eq!(toml::from_str::<StackSettings>(&text).unwrap(), shown);
}

#[test]
fn a_stack_and_its_service_go_from_thread_to_thread() {
    fn assert<T: Send + Sync + Clone>(_: &T) {}
    let stack = stack(&everything());
    assert(&stack);
    assert(&stack.layer(Notes::default()));
}

#[test]
fn a_part_that_cannot_be_read_is_not_judged_by_what_the_preset_has_there() {
    for (document, expected) in [
        (
            "preset = 'http_client'\ndeadline.limit = 60\ntimeout.limit = '40s'",
            vec!["deadline.limit is 60"],
        ),
        (
            "preset = 'http_client'\ndeadline.limit = '5s'\ntimeout.limit = 2",
            vec!["timeout.limit is 2"],
        ),
        (
            "preset = 'htp_client'\nretry.max_attempts = 0\ncircuit_breaker.min_calls = 0",
            vec!["preset is", "retry.max_attempts is 0", "circuit_breaker.min_calls is 0"],
        ),
    ] {
        let told = toml::from_str::<StackSettings>(document).unwrap_err().to_string();
        let count = told.matches(", but must be").count();
        assert_eq!(count, expected.len(), "{told}");
        assert!(expected.iter().all(|part| told.contains(part)), "{told}");
    }
}

#[test]
fn a_longer_open_wait_than_the_longest_of_a_preset_is_the_longest() {
    let document = "preset = 'http_client'\ncircuit_breaker.open_for = '90s'";
    let settings: StackSettings = toml::from_str(document).unwrap();
    let stack = settings.build(Name::from_static("stack-long-wait")).unwrap();
    let config = stack.breaker().unwrap().config();
    assert_eq!(config.open_for_at_most(), config.open_for());
    let short = "circuit_breaker = { open_for = '90s', open_growth = { at_most = '1m' } }";
    let told = toml::from_str::<StackSettings>(short).unwrap_err().to_string();
    assert!(told.contains("open_growth.at_most is 1min, but must be 90s or longer"), "{told}");
}

#[test]
fn the_longest_time_of_a_call_minds_what_ends_it() {
    let longest = |more: &str| {
        let text =
            format!("timeout.limit = '9s'\ndeadline.limit = '90s'\nretry.max_attempts = 9\n{more}");
        toml::from_str::<StackSettings>(&text).unwrap().longest()
    };
    assert!(longest("") > Some(Duration::from_secs(81)));
    assert_eq!(longest("retry.max_elapsed = '10s'"), Some(Duration::from_secs(19)));
    assert_eq!(longest("timeout.spare_last_attempt = true"), None);
}

#[tokio::test(start_paused = true)]
async fn what_stands_around_attempts_is_inside_of_retry_and_outside_of_the_breaker() {
    let (calls, service) = hangs();
    let attempts = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&attempts);
    let counts = tower::layer::layer_fn(move |inner| Counts(Arc::clone(&counted), inner));
    let stack = stack(&everything()).around_attempts(counts);
    assert_eq!(reason(stack.layer(service)).await, Some(Reason::CircuitOpen));
    assert_eq!(calls.load(Ordering::Relaxed), 2, "the breaker refuses the third");
    assert_eq!(attempts.load(Ordering::Relaxed), 3);
}

/// Counts the calls of a service.
#[derive(Clone)]
struct Counts<S>(Arc<AtomicU32>, S);

impl<S: Service<Request>> Service<Request> for Counts<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.1.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        self.0.fetch_add(1, Ordering::Relaxed);
        self.1.call(request)
    }
}
