mod at_once;
mod attempts;
mod instance;
#[cfg(feature = "keyed")]
mod keyed;
mod limits;
mod live;
mod nested;
mod options;
mod replay;

use std::{
    collections::VecDeque,
    future::Ready,
    num::NonZeroU32,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use http::{Request, Response};
use tokio::time::{Instant, advance};
use tokio_test::{assert_pending, assert_ready, assert_ready_err, assert_ready_ok, task};
use tower::{Service, ServiceExt};
use tower_layer::Layer;
use tower_test::mock;

use super::{Backoff, Config, HttpPolicy, Jitter, Policy, RetryLayer};
use crate::{
    budget::{RetryBudget, TokenBudget},
    carry::Carry,
    deadline_value::Deadline,
    error::{BoxError, Reason, Refusal, Rejected},
    event::{Event, GaveUp, Listener},
    name::Name,
    ratio::Ratio,
    rng::Rng,
};

const NAME: Name = Name::from_static("retry-test");
const MS: Duration = Duration::from_millis(1);

fn config(attempts: u32, wait_ms: u64) -> Config {
    let backoff = Backoff::builder()
        .initial(MS * u32::try_from(wait_ms).unwrap())
        .factor(2.0)
        .jitter(Jitter::None)
        .build()
        .unwrap();
    Config::builder().max_attempts(attempts).backoff(backoff).build().unwrap()
}

/// Answers from a list, then `true` for ever; notes the attempt number and time of each call.
#[derive(Clone, Default)]
struct Script {
    answers: Arc<Mutex<VecDeque<Result<u16, BoxError>>>>,
    calls: Arc<Mutex<Vec<(u32, Instant)>>>,
}

impl Script {
    fn new(answers: impl IntoIterator<Item = Result<u16, &'static str>>) -> Self {
        let answers = answers.into_iter().map(|answer| answer.map_err(Into::into)).collect();
        Self { answers: Arc::new(Mutex::new(answers)), calls: Arc::default() }
    }

    fn attempts(&self) -> Vec<u32> {
        self.calls.lock().unwrap().iter().map(|call| call.0).collect()
    }

    fn times(&self, start: Instant) -> Vec<u128> {
        self.calls.lock().unwrap().iter().map(|call| (call.1 - start).as_millis()).collect()
    }
}

impl Service<Request<String>> for Script {
    type Response = Response<()>;
    type Error = BoxError;
    type Future = Ready<Result<Response<()>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<String>) -> Self::Future {
        let attempt = request.carried().attempt.get();
        self.calls.lock().unwrap().push((attempt, Instant::now()));
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or(Ok(200));
        std::future::ready(answer.map(|status| {
            let mut response = Response::builder().status(status);
            if status == 429 {
                response = response.header("retry-after", "2");
            }
            response.body(()).unwrap()
        }))
    }
}

fn get() -> Request<String> {
    Request::new("body".into())
}

fn gave_up<P, B>(layer: RetryLayer<P, B>) -> (RetryLayer<P, B>, GaveUps) {
    let seen = GaveUps::default();
    let sink = Arc::clone(&seen);
    let layer = layer.on_event(Listener::new(move |event| {
        if let Event::GaveUp { reason, attempts, .. } = event {
            sink.lock().unwrap().push((*reason, *attempts));
        }
    }));
    (layer, seen)
}

type GaveUps = Arc<Mutex<Vec<(GaveUp, u32)>>>;

#[tokio::test(start_paused = true)]
async fn attempts_are_numbered_spaced_by_the_backoff_and_counted_from_the_first() {
    let script = Script::new([Ok(503), Err("reset"), Ok(200)]);
    let start = Instant::now();
    let service = RetryLayer::http(NAME, config(4, 100)).layer(script.clone());
    let response = service.oneshot(get()).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(script.attempts(), [1, 2, 3]);
    assert_eq!(script.times(start), [0, 100, 300]);
}

#[tokio::test(start_paused = true)]
async fn when_attempts_run_out_the_caller_gets_the_last_outcome_itself() {
    let script = Script::new([Ok(503), Err("reset")]);
    let (layer, seen) = gave_up(RetryLayer::http(NAME, config(2, 1)));
    let error = layer.layer(script.clone()).oneshot(get()).await.unwrap_err();
    assert_eq!(error.to_string(), "reset");

    let script = Script::new([Err("reset"), Ok(503)]);
    let response = layer.layer(script).oneshot(get()).await.unwrap();
    assert_eq!(response.status(), 503, "a value is returned as a value");
    assert_eq!(*seen.lock().unwrap(), [(GaveUp::Attempts, 2); 2]);
}

#[tokio::test(start_paused = true)]
async fn one_attempt_means_no_retry() {
    let script = Script::new([Ok(503)]);
    let service = RetryLayer::http(NAME, config(1, 1)).layer(script.clone());
    assert_eq!(service.oneshot(get()).await.unwrap().status(), 503);
    assert_eq!(script.attempts(), [1]);
}

#[tokio::test(start_paused = true)]
async fn only_requests_that_may_be_sent_twice_are() {
    let send = async |request: Request<String>| {
        let script = Script::new([Ok(503)]);
        let (layer, seen) = gave_up(RetryLayer::http(NAME, config(2, 1)));
        layer.layer(script.clone()).oneshot(request).await.unwrap();
        let gave_up = seen.lock().unwrap().first().copied();
        (script.attempts().len(), gave_up)
    };
    let request = |method: &str| Request::builder().method(method).body(String::new()).unwrap();
    for method in ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"] {
        assert_eq!(send(request(method)).await, (2, None), "{method}");
    }
    for method in ["POST", "PATCH", "CONNECT"] {
        assert_eq!(send(request(method)).await, (1, Some((GaveUp::NotReplayable, 1))), "{method}");
    }
    let mut keyed = request("POST");
    keyed.headers_mut().insert("idempotency-key", "k1".parse().unwrap());
    assert_eq!(send(keyed).await, (2, None));
}

#[tokio::test(start_paused = true)]
async fn no_wait_begins_that_would_not_end_before_the_deadline() {
    let run = async |deadline_ms: u64| {
        let script = Script::new([Ok(503), Ok(503)]);
        let (layer, seen) = gave_up(RetryLayer::http(NAME, config(3, 600)));
        let start = Instant::now();
        let mut request = get();
        Deadline::at(start + Duration::from_millis(deadline_ms)).shrink(&mut request);
        let response = layer.layer(script.clone()).oneshot(request).await.unwrap();
        assert_eq!(response.status() == 503, deadline_ms < 1_801);
        assert_eq!(seen.lock().unwrap().len(), usize::from(deadline_ms < 1_801));
        (script.times(start), (Instant::now() - start).as_millis())
    };
    assert_eq!(run(600).await, (vec![0], 0), "a wait that ends at the deadline is of no use");
    assert_eq!(run(601).await, (vec![0, 600], 600));
    assert_eq!(run(1_800).await, (vec![0, 600], 600), "returned at once, not slept");
    assert_eq!(run(1_801).await, (vec![0, 600, 1_800], 1_800));
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_is_the_least_wait_and_above_the_cap_a_reason_to_stop() {
    let script = Script::new([Ok(429)]);
    let start = Instant::now();
    let service = RetryLayer::http(NAME, config(2, 1)).layer(script.clone());
    assert_eq!(service.oneshot(get()).await.unwrap().status(), 200);
    assert_eq!(script.times(start), [0, 2_000]);

    let config = Config::builder().retry_after_at_most(Duration::from_millis(1_999));
    let (layer, seen) = gave_up(RetryLayer::http(NAME, config.build().unwrap()));
    let response = layer.layer(Script::new([Ok(429)])).oneshot(get()).await.unwrap();
    assert_eq!(response.status(), 429);
    assert_eq!(*seen.lock().unwrap(), [(GaveUp::RetryAfter, 1)]);
}

#[tokio::test(start_paused = true)]
async fn decorrelated_jitter_goes_by_the_wait_before() {
    let backoff = Backoff::fixed(100 * MS).jitter(Jitter::Decorrelated).build().unwrap();
    let config = Config::builder().max_attempts(4).backoff(backoff).build().unwrap();
    let script = Script::new([Ok(503), Ok(503), Ok(503)]);
    let start = Instant::now();
    let layer = RetryLayer::http(NAME, config).rng(Rng::from_fn(|| 0.5));
    layer.layer(script.clone()).oneshot(get()).await.unwrap();
    // Halfway between the first wait and three times the wait before: 200, 350 and 575 ms.
    assert_eq!(script.times(start), [0, 200, 550, 1_125]);
}

#[tokio::test(start_paused = true)]
async fn a_policy_may_name_the_wait_itself() {
    let patient = CountClones(Arc::default(), super::Wait::Exactly(7 * MS));
    let layer = RetryLayer::with_policy(NAME, config(3, 1_000), patient);
    let start = Instant::now();
    let echo = tower::service_fn(|n: u32| std::future::ready(Ok::<_, BoxError>(n)));
    layer.layer(echo).oneshot(7).await.unwrap();
    assert_eq!(start.elapsed(), 14 * MS);
}

#[tokio::test(start_paused = true)]
async fn an_empty_budget_stops_retries_and_first_attempts_fill_it() {
    let tokens = TokenBudget::builder().min_per_sec(0).ratio(Ratio::percent(50)).build().unwrap();
    let budget = RetryBudget::token(NAME, tokens);
    let (layer, seen) = gave_up(RetryLayer::http(NAME, config(2, 1)).budget(budget));
    let script = Script::new(std::iter::repeat_n(Ok(503), 100));
    let service = layer.layer(script.clone());
    for _ in 0..10 {
        assert_eq!(service.clone().oneshot(get()).await.unwrap().status(), 503);
    }
    assert_eq!(script.attempts().len(), 15, "ten calls fund five retries");
    let denied = seen.lock().unwrap().iter().filter(|gave_up| gave_up.0 == GaveUp::Budget).count();
    assert_eq!(denied, 5);
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_is_not_made_is_not_paid_for() {
    let tokens = TokenBudget::builder().min_per_sec(0).ratio(Ratio::ONE).build().unwrap();
    let budget = RetryBudget::token(NAME, tokens);
    let layer = RetryLayer::http(NAME, config(2, 600)).budget(budget.clone());
    let mut request = get();
    Deadline::at(Instant::now() + MS).shrink(&mut request);
    layer.layer(Script::new([Ok(503)])).oneshot(request).await.unwrap();
    assert_eq!(budget.balance(Instant::now()), 1);
}

#[tokio::test(start_paused = true)]
async fn retries_of_a_layer_outside_add_no_tokens() {
    let tokens = TokenBudget::builder().min_per_sec(0).ratio(Ratio::ONE).build().unwrap();
    let budget = RetryBudget::token(NAME, tokens);
    let inner = RetryLayer::http(NAME, config(1, 0)).budget(budget.clone());
    let outer = RetryLayer::http(NAME, config(3, 0)).without_budget();
    let script = Script::new([Ok(503), Ok(503)]);
    outer.layer(inner.layer(script.clone())).oneshot(get()).await.unwrap();
    assert_eq!(script.attempts(), [1, 2, 3]);
    assert_eq!(budget.balance(Instant::now()), 1, "one request, one deposit");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_by_a_layer_inside_is_not_retried() {
    let refuse = tower::service_fn(|_: Request<String>| async {
        let rejected = Rejected::new(NAME, Reason::CircuitOpen);
        Err::<Response<()>, _>(BoxError::from_rejected(rejected))
    });
    let (layer, seen) = gave_up(RetryLayer::http(NAME, config(3, 1)));
    let start = Instant::now();
    layer.layer(refuse).oneshot(get()).await.unwrap_err();
    assert_eq!((Instant::now(), seen.lock().unwrap().len()), (start, 0));
}

#[tokio::test(start_paused = true)]
async fn each_retry_asks_the_instance_that_it_calls_whether_it_is_ready() {
    let layer = RetryLayer::new(NAME, config(2, 1));
    let (mut service, mut inner) = mock::spawn_layer::<&str, &str, _>(layer);
    inner.allow(1);
    assert_ready_ok!(service.poll_ready());
    let mut call = task::spawn(service.call("ping"));
    inner.next_request().await.unwrap().1.send_error("reset");
    assert_pending!(call.poll(), "waiting");
    advance(MS).await;
    assert_pending!(call.poll(), "the service is not ready");
    inner.allow(1);
    assert!(call.is_woken());
    assert_pending!(call.poll());
    inner.next_request().await.unwrap().1.send_response("pong");
    assert_eq!(assert_ready_ok!(call.poll()), "pong");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_cannot_become_ready_ends_the_retry() {
    let layer = RetryLayer::new(NAME, config(2, 0));
    let (mut service, mut inner) = mock::spawn_layer::<&str, &str, _>(layer);
    inner.allow(1);
    assert_ready_ok!(service.poll_ready());
    let mut call = task::spawn(service.call("ping"));
    let (_, send) = inner.next_request().await.unwrap();
    send.send_error("reset");
    inner.send_error("closed for good");
    assert_eq!(assert_ready_err!(call.poll()).to_string(), "closed for good");
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_during_a_wait_is_not_made_again() {
    let script = Script::new([Ok(503)]);
    let service = RetryLayer::http(NAME, config(2, 100)).layer(script.clone());
    let mut call = task::spawn(service.oneshot(get()));
    assert_pending!(call.poll());
    drop(call);
    advance(Duration::from_secs(1)).await;
    assert_eq!(script.attempts(), [1]);
}

#[derive(Clone)]
struct CountClones(Arc<Mutex<u32>>, super::Wait);

impl Policy<u32, u32, BoxError> for CountClones {
    fn replay(&self, request: &u32) -> super::Replay<u32> {
        *self.0.lock().unwrap() += 1;
        super::Replay::Copy(*request)
    }

    fn decide(&self, _: Result<&u32, &BoxError>, _: &super::Attempt) -> super::Decision {
        super::Decision::Retry { wait: self.1 }
    }
}

#[tokio::test(start_paused = true)]
async fn the_request_of_the_last_attempt_is_not_cloned() {
    let clones = Arc::new(Mutex::new(0));
    let layer = RetryLayer::with_policy(
        NAME,
        config(3, 0),
        CountClones(Arc::clone(&clones), super::Wait::Backoff),
    );
    let echo = tower::service_fn(|n: u32| std::future::ready(Ok::<_, BoxError>(n)));
    let mut call = task::spawn(layer.layer(echo).oneshot(7));
    assert_eq!(assert_ready!(call.poll()).unwrap(), 7);
    assert_eq!(*clones.lock().unwrap(), 2, "three attempts, two copies");
}

#[test]
fn the_pushback_of_grpc_names_the_wait_or_forbids_another_attempt() {
    let attempt = super::Attempt { number: NonZeroU32::MIN, deadline: None };
    let decide = |status: u16, pushback: &str| {
        let response =
            Response::builder().status(status).header("grpc-retry-pushback-ms", pushback);
        let response = response.body(()).unwrap();
        let policy: &dyn Policy<Request<String>, _, BoxError> = &<HttpPolicy>::default();
        policy.decide(Ok(&response), &attempt)
    };
    let asked = |millis| super::Decision::Retry { wait: super::Wait::Asked(MS * millis) };
    assert_eq!(decide(503, "250"), asked(250));
    assert_eq!(decide(429, "0"), asked(0));
    for forbidden in ["-1", "soon", "", "99999999999"] {
        assert_eq!(decide(503, forbidden), super::Decision::Return, "{forbidden:?}");
    }
    assert_eq!(decide(200, "250"), super::Decision::Return, "it succeeded");
}
