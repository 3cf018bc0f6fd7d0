mod seen;

use std::{
    future::{Ready, pending, ready},
    num::NonZeroU32,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
    time::Duration,
};

use http::{Request, Response, StatusCode};
use tokio_test::{assert_pending, task};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tracing::{Instrument as _, Level, Span, field::Empty, info, info_span};

use self::seen::Seen;
use super::TraceLayer;
use crate::{
    carry::{Carried, Carry},
    circuit_breaker::{CircuitBreakerLayer, Config as BreakerConfig, HalfOpen},
    error::{BoxError, Reason, Refusal, Rejected},
    http::HttpClassifier,
    name::Name,
    ratio::Ratio,
    retry::{Backoff, Config, HttpPolicy, Jitter, RetryLayer},
};

const NAME: Name = Name::from_static("users-api");
const WAIT: Duration = Duration::from_millis(20);
const OPEN_FOR: Duration = Duration::from_secs(5);

type Answer = Result<Response<()>, BoxError>;

fn get() -> Request<()> {
    Request::get("http://ann:secret@users.test:5001/users/7?token=secret").body(()).unwrap()
}

fn answer(status: u16) -> Ready<Answer> {
    ready(Ok(Response::builder().status(status).body(()).unwrap()))
}

fn retry() -> RetryLayer<HttpPolicy> {
    let backoff = Backoff::fixed(WAIT).jitter(Jitter::None).build().unwrap();
    RetryLayer::http(NAME, Config::builder().backoff(backoff).build().unwrap())
}

fn breaker(failures: u32) -> CircuitBreakerLayer<HttpClassifier> {
    CircuitBreakerLayer::http(NAME, breaker_config(failures))
}

fn breaker_config(failures: u32) -> BreakerConfig {
    let config = BreakerConfig::builder()
        .consecutive_failures(failures)
        .open_for(OPEN_FOR)
        .open_jitter(Ratio::ZERO)
        .half_open(HalfOpen::PermittedCalls { calls: 1 });
    config.build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn each_attempt_has_a_span_with_its_number_its_wait_and_what_it_came_to() {
    let seen = Seen::begin();
    let left = Arc::new(Mutex::new(vec![200, 503]));
    let service = ServiceBuilder::new()
        .layer(retry())
        .layer(TraceLayer::http(NAME))
        .layer(breaker(10))
        .service_fn(move |_: Request<()>| answer(left.lock().unwrap().pop().unwrap()));
    assert_eq!(service.oneshot(get()).await.unwrap().status(), StatusCode::OK);
    let spans = seen.spans();
    let [first, second] = &spans[..] else { panic!("two attempts: {spans:#?}") };
    for (span, attempt) in [(first, "1"), (second, "2")] {
        assert_eq!((span.name, span.get("otel.kind")), ("attempt", "client"));
        assert_eq!((span.get("otel.name"), span.get("http.request.method")), ("GET", "GET"));
        assert_eq!((span.get("server.address"), span.get("server.port")), ("users.test", "5001"));
        assert_eq!(span.get("url.full"), "http://users.test:5001/users/7");
        assert_eq!(span.get("resilience.policy"), "users-api");
        assert_eq!(span.get("resilience.attempt"), attempt);
        assert_eq!(span.get("resilience.breaker_state"), "closed");
        assert!(span.is_closed && !span.has("url.path") && !span.has("resilience.rejected"));
    }
    assert_eq!(first.get("http.response.status_code"), "503");
    assert_eq!((first.get("error.type"), first.get("otel.status_code")), ("503", "ERROR"));
    assert!(!first.has("http.request.resend_count") && !first.has("resilience.backoff_ms"));
    assert_eq!(second.get("http.response.status_code"), "200");
    assert_eq!(second.get("http.request.resend_count"), "1");
    assert_eq!(second.get("resilience.backoff_ms"), "20.0");
    assert!(!second.has("error.type") && !second.has("otel.status_code"));
}

#[tokio::test(start_paused = true)]
async fn a_rejection_by_the_breaker_is_in_the_span_and_so_is_the_state_that_admits() {
    let seen = Seen::begin();
    let service = ServiceBuilder::new()
        .layer(TraceLayer::http(NAME))
        .layer(breaker(1))
        .service_fn(|_: Request<()>| answer(500));
    service.clone().oneshot(get()).await.unwrap();
    service.clone().oneshot(get()).await.unwrap_err();
    tokio::time::advance(OPEN_FOR).await;
    service.oneshot(get()).await.unwrap();
    let spans = seen.spans();
    let states: Vec<_> = spans.iter().map(|span| span.get("resilience.breaker_state")).collect();
    assert_eq!(states, ["closed", "open", "half_open"]);
    let refused = &spans[1];
    assert_eq!(refused.get("resilience.rejected"), "circuit_open");
    assert_eq!(refused.get("resilience.rejected_by"), "users-api");
    assert_eq!(refused.get("error.type"), "circuit_open");
    assert_eq!(refused.get("otel.status_code"), "ERROR");
    assert!(!refused.has("http.response.status_code") && !refused.has("resilience.fault"));
}

#[cfg(feature = "keyed")]
#[tokio::test(start_paused = true)]
async fn a_keyed_breaker_tells_its_state_as_another_does() {
    use crate::circuit_breaker::keyed::{ByHost, KeyedCircuitBreakerLayer};

    let seen = Seen::begin();
    let layer = KeyedCircuitBreakerLayer::http(NAME, breaker_config(1), ByHost);
    let service = ServiceBuilder::new()
        .layer(TraceLayer::http(NAME))
        .layer(layer)
        .service_fn(|_: Request<()>| answer(500));
    service.clone().oneshot(get()).await.unwrap();
    service.clone().oneshot(get()).await.unwrap_err();
    tokio::time::advance(OPEN_FOR).await;
    service.oneshot(get()).await.unwrap();
    let spans = seen.spans();
    let states: Vec<_> = spans.iter().map(|span| span.get("resilience.breaker_state")).collect();
    assert_eq!(states, ["closed", "open", "half_open"]);
}

#[tokio::test]
async fn the_state_is_in_the_span_of_the_attempt_where_a_layer_between_has_its_own() {
    let seen = Seen::begin();
    let mut inside = breaker(10).layer(service_fn(|_: Request<()>| answer(200)));
    let between = service_fn(move |request: Request<()>| {
        let span = info_span!("between", resilience.breaker_state = Empty);
        span.in_scope(|| inside.call(request))
    });
    let service = TraceLayer::http(NAME).layer(between);
    service.oneshot(get()).await.unwrap();
    let spans = seen.spans();
    assert_eq!(spans[0].get("resilience.breaker_state"), "closed");
    assert_eq!((spans[1].name, spans[1].has("resilience.breaker_state")), ("between", false));
}

#[tokio::test]
async fn what_was_injected_is_in_the_span() {
    let seen = Seen::begin();
    let trace = TraceLayer::http(NAME);
    let delayed = Response::builder().header("x-fault-injected", "latency").body(()).unwrap();
    let answers: [Answer; 3] = [
        Ok(delayed),
        Err(BoxError::from_rejected(Rejected::new(NAME, Reason::InjectedError { status: 503 }))),
        Err(BoxError::from_rejected(Rejected::new(NAME, Reason::InjectedAbort))),
    ];
    for answer in answers {
        let mut answer = Some(answer);
        let service = service_fn(move |_: Request<()>| ready(answer.take().unwrap()));
        let _ = trace.layer(service).oneshot(get()).await;
    }
    let spans = seen.spans();
    let faults: Vec<_> = spans.iter().map(|span| span.get("resilience.fault")).collect();
    assert_eq!(faults, ["latency", "error", "abort"]);
}

#[tokio::test]
async fn an_error_of_the_service_has_a_type_but_tells_nothing_of_itself() {
    let seen = Seen::begin();
    let broken = service_fn(|_: Request<()>| ready(Answer::Err("GET /?token=secret".into())));
    TraceLayer::http(NAME).layer(broken).oneshot(get()).await.unwrap_err();
    let spans = seen.spans();
    assert_eq!((spans[0].get("error.type"), spans[0].get("otel.status_code")), ("_OTHER", "ERROR"));
    assert!(!format!("{spans:?}").contains("secret"), "{spans:?}");
}

#[tokio::test]
async fn an_attempt_that_is_given_up_from_outside_is_cancelled() {
    let seen = Seen::begin();
    let hangs = service_fn(|_: Request<()>| pending::<Answer>());
    let mut call = task::spawn(TraceLayer::http(NAME).layer(hangs).oneshot(get()));
    assert_pending!(call.poll());
    assert!(!seen.spans()[0].has("error.type"));
    drop(call);
    let spans = seen.spans();
    assert_eq!(spans[0].get("error.type"), "cancelled");
    assert!(spans[0].is_closed);
}

#[tokio::test]
async fn a_panic_of_the_service_is_told_and_goes_on() {
    let seen = Seen::begin();
    let panics = service_fn(async |_: Request<()>| -> Answer { panic!("a bug") });
    let call = tokio::spawn(TraceLayer::http(NAME).layer(panics).oneshot(get()));
    assert!(call.await.unwrap_err().is_panic());
    assert_eq!(seen.spans()[0].get("error.type"), "panic");
}

#[test]
fn a_panic_is_told_when_it_is_caught_and_the_attempt_is_kept() {
    let seen = Seen::begin();
    let trace = TraceLayer::http(NAME);
    let panics = service_fn(async |_: Request<()>| -> Answer { panic!("a bug") });
    let mut call = task::spawn(trace.layer(panics).oneshot(get()));
    assert!(catch_unwind(AssertUnwindSafe(|| call.poll())).is_err());
    assert_eq!(seen.spans()[0].get("error.type"), "panic", "while it is kept");
    let at_once = service_fn(|_: Request<()>| -> Ready<Answer> { panic!("a bug") });
    let mut call = task::spawn(trace.layer(at_once).oneshot(get()));
    assert!(catch_unwind(AssertUnwindSafe(|| call.poll())).is_err());
    let spans = seen.spans();
    assert_eq!((spans[1].get("error.type"), spans[1].is_closed), ("panic", true));
}

#[test]
fn an_attempt_that_is_dropped_by_the_panic_of_another_is_cancelled() {
    let seen = Seen::begin();
    let hangs = service_fn(|_: Request<()>| pending::<Answer>());
    let mut call = task::spawn(TraceLayer::http(NAME).layer(hangs).oneshot(get()));
    assert_pending!(call.poll());
    let other = AssertUnwindSafe(move || {
        let _call = call;
        panic!("a bug of another");
    });
    assert!(catch_unwind(other).is_err());
    assert_eq!(seen.spans()[0].get("error.type"), "cancelled");
}

#[tokio::test(start_paused = true)]
async fn each_attempt_sends_the_context_of_its_own_span() {
    let seen = Seen::begin();
    let arrived = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&arrived);
    let service = ServiceBuilder::new()
        .layer(retry())
        .layer(TraceLayer::http(NAME).context(|span: &Span, request: &mut Request<()>| {
            let id = span.id().map_or(0, |id| id.into_u64());
            request.headers_mut().insert("x-span", id.into());
        }))
        .service_fn(move |request: Request<()>| {
            let mut noted = noted.lock().unwrap();
            noted.push(request.headers()["x-span"].to_str().unwrap().to_owned());
            answer(if noted.len() == 1 { 503 } else { 200 })
        });
    service.oneshot(get()).await.unwrap();
    let ids: Vec<_> = seen.spans().iter().map(|span| span.id.to_string()).collect();
    assert_eq!(*arrived.lock().unwrap(), ids);
}

#[tokio::test]
async fn what_happens_inside_belongs_to_the_attempt_and_the_attempt_to_its_caller() {
    let seen = Seen::begin();
    let service = TraceLayer::new(NAME).layer(service_fn(|(): ()| {
        info!("called");
        async {
            info!("polled");
            Ok::<_, BoxError>(())
        }
    }));
    let caller = info_span!("caller");
    service.oneshot(()).instrument(caller.clone()).await.unwrap();
    let spans = seen.spans();
    let attempt = spans.iter().find(|span| span.name == "attempt").unwrap();
    assert_eq!(attempt.parent, caller.id().map(|id| id.into_u64()));
    assert_eq!(attempt.events, ["called", "polled"]);
}

#[tokio::test]
async fn a_wait_is_that_of_the_retry_directly_outside() {
    let seen = Seen::begin();
    let trace = TraceLayer::new(NAME);
    let mut request = Request::new(());
    let attempt = NonZeroU32::new(3).unwrap();
    request.set_carried(Carried { attempt, ..Carried::default() });
    let service = trace.layer(service_fn(|_: Request<()>| answer(200)));
    service.oneshot(request).await.unwrap();
    let spans = seen.spans();
    assert_eq!(spans[0].get("http.request.resend_count"), "2");
    assert!(!spans[0].has("resilience.backoff_ms"), "nobody has said it");
}

#[tokio::test]
async fn a_span_that_nobody_wants_costs_a_pointer_and_sends_no_context() {
    let warnings = tracing_subscriber::fmt().with_max_level(Level::WARN).finish();
    let _warnings = tracing::subscriber::set_default(warnings);
    let mut service = TraceLayer::http(NAME)
        .context(|_: &Span, _: &mut Request<()>| panic!("there is no span"))
        .layer(service_fn(|_: Request<()>| answer(200)));
    let call = service.ready().await.unwrap().call(get());
    let inner = size_of::<Ready<Answer>>();
    assert_eq!(size_of_val(&call), inner + size_of::<usize>());
    call.await.unwrap();
}
