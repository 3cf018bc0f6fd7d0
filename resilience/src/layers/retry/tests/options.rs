//! What only applies when it is asked for.

use http::{Request, Response};
use tokio::time::{Duration, Instant, sleep};
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tower_layer::Layer;

use super::{MS, NAME, Script, config, gave_up, get};
use crate::{
    budget::{Cause, CostBudget, RetryBudget, ShareBudget, TokenBudget},
    carry::{Carried, Carry},
    circuit_breaker::{self, CircuitBreakerLayer},
    error::{BoxError, Reason, Refusal},
    event::GaveUp,
    ratio::Ratio,
    retry::{
        Attempt, Backoff, Config, Decision, HttpPolicy, OnFailure, Policy, Replay, RetryLayer,
        RetryRefusals, Wait,
    },
    timeout::TimeoutLayer,
};

#[tokio::test(start_paused = true)]
async fn without_a_limit_attempts_go_on_until_one_succeeds() {
    let script = Script::new(std::iter::repeat_n(Ok(503), 1_000));
    let config = Config::builder().unlimited_attempts().backoff(Backoff::none());
    let layer = RetryLayer::http(NAME, config.build().unwrap()).without_budget();
    assert_eq!(layer.layer(script.clone()).oneshot(get()).await.unwrap().status(), 200);
    assert_eq!(script.attempts().len(), 1_001);
}

#[tokio::test(start_paused = true)]
async fn no_retry_begins_once_the_time_for_retries_has_passed() {
    let config = Config::builder().max_elapsed(100 * MS).backoff(Backoff::none());
    let config = config.max_attempts(9).build().unwrap();
    let (layer, seen) = gave_up(RetryLayer::new(NAME, config));
    let slow = service_fn(async |(): ()| {
        sleep(60 * MS).await;
        Err::<(), BoxError>("down".into())
    });
    let start = Instant::now();
    let error = layer.layer(slow).oneshot(()).await.unwrap_err();
    assert_eq!(error.to_string(), "down");
    assert_eq!(start.elapsed(), 120 * MS, "the attempt that runs is not ended");
    assert_eq!(*seen.lock().unwrap(), [(GaveUp::Elapsed, 2)]);
}

#[derive(Clone)]
struct Exhausted;

impl Policy<u32, u32, BoxError> for Exhausted {
    fn replay(&self, request: &u32) -> Replay<u32> {
        Replay::Copy(*request)
    }

    fn decide(&self, _: Result<&u32, &BoxError>, _: &Attempt) -> Decision {
        Decision::Retry { wait: crate::retry::Wait::Backoff }
    }

    fn give_up(&self, last: Result<u32, BoxError>, reason: GaveUp) -> Result<u32, BoxError> {
        Err(format!("{last:?}, given up: {}", reason.as_str()).into())
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_may_put_an_error_in_the_place_of_the_last_outcome() {
    let echo = service_fn(async |n: u32| Ok::<_, BoxError>(n));
    let layer = RetryLayer::with_policy(NAME, config(2, 0), Exhausted);
    let error = layer.layer(echo).oneshot(7).await.unwrap_err();
    assert_eq!(error.to_string(), "Ok(7), given up: attempts");
}

#[tokio::test(start_paused = true)]
async fn refusals_are_retried_when_asked_and_waited_for_when_their_end_is_known() {
    let breaker = circuit_breaker::Config::builder().consecutive_failures(1).open_for(70 * MS);
    let breaker = breaker.open_jitter(Ratio::ZERO).build().unwrap();
    let service = |attempts| {
        let policy = RetryRefusals::new(<OnFailure>::default());
        let failing = service_fn(async |(): ()| Err::<(), BoxError>("down".into()));
        ServiceBuilder::new()
            .layer(RetryLayer::with_policy(NAME, config(attempts, 1), policy))
            .layer(CircuitBreakerLayer::new(NAME, breaker.clone()))
            .service(failing)
    };
    let start = Instant::now();
    let error = service(2).oneshot(()).await.unwrap_err();
    assert_eq!(error.as_rejected().unwrap().reason(), Reason::CircuitOpen);
    assert_eq!(start.elapsed(), MS);
    let error = service(3).oneshot(()).await.unwrap_err();
    assert_eq!(error.to_string(), "down", "the third attempt is a probe");
    assert_eq!(start.elapsed(), 71 * MS, "it opened after 1 ms for 70");
}

/// Whether each attempt was told that it is the last.
#[derive(Clone, Default)]
struct Told(Carried);

impl Carry for Told {
    fn carried(&self) -> Carried {
        self.0
    }

    fn set_carried(&mut self, carried: Carried) {
        self.0 = carried;
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_attempt_is_told_so_and_a_timeout_may_spare_it() {
    for attempts in 1..=3 {
        let inner = service_fn(async |told: Told| {
            sleep(200 * MS).await;
            Ok::<_, BoxError>(told.0.is_last_attempt)
        });
        let timeout = TimeoutLayer::new(NAME, 50 * MS);
        let retry = || RetryLayer::new(NAME, config(attempts, 0));
        let start = Instant::now();
        let spared = retry().layer(timeout.clone().spare_last_attempt().layer(inner));
        assert!(spared.oneshot(Told::default()).await.unwrap(), "it is the last");
        let cut = 50 * MS * (attempts - 1);
        assert_eq!(start.elapsed(), cut + 200 * MS);
        let error = retry().layer(timeout.layer(inner)).oneshot(Told::default()).await.unwrap_err();
        let rejected = error.as_rejected().unwrap();
        assert_eq!((rejected.reason(), rejected.limit()), (Reason::TimedOut, Some(50 * MS)));
    }
}

#[test]
fn settings_out_of_their_range_are_named() {
    let wrong = Config::builder().max_attempts(101).max_elapsed(Duration::ZERO).build();
    let wrong = wrong.unwrap_err().to_string();
    assert!(
        wrong.contains("max_attempts is 101") && wrong.contains("max_elapsed is 0ns"),
        "{wrong}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_budget_by_share_counts_calls_from_their_beginning_to_their_end() {
    let share = ShareBudget::builder().max_ratio(Ratio::ZERO).min_concurrency(2).build().unwrap();
    let budget = RetryBudget::share(NAME, share);
    let (layer, seen) = gave_up(RetryLayer::new(NAME, config(2, 0)).budget(budget.clone()));
    // The first attempt fails at once, the second takes a second and fails.
    let slow = service_fn(async |told: Told| {
        if told.0.attempt.get() > 1 {
            sleep(1_000 * MS).await;
        }
        Err::<(), BoxError>("down".into())
    });
    let call = || layer.layer(slow).oneshot(Told::default());
    let (one, two, three) = tokio::join!(call(), call(), call());
    assert!(one.is_err() && two.is_err() && three.is_err());
    let reasons: Vec<_> = seen.lock().unwrap().iter().map(|seen| seen.0).collect();
    assert_eq!(reasons, [GaveUp::Budget, GaveUp::Attempts, GaveUp::Attempts]);
    assert_eq!(budget.balance(Instant::now()), 2, "what ended makes room");
    tokio::time::timeout(10 * MS, call()).await.unwrap_err();
    assert_eq!(budget.balance(Instant::now()), 2, "and so does what is dropped");
}

#[tokio::test(start_paused = true)]
async fn a_budget_by_cost_charges_timeouts_more_and_success_nothing() {
    let costs = || CostBudget::builder().capacity(10).build().unwrap();
    let budget = RetryBudget::cost(NAME, costs());
    let layer = RetryLayer::http(NAME, config(2, 0)).budget(budget.clone());
    layer.layer(Script::new([Ok(503)])).oneshot(get()).await.unwrap();
    assert_eq!(budget.balance(Instant::now()), 2, "the retry succeeded and cost nothing");
    layer.layer(Script::new([Ok(503), Ok(503)])).oneshot(get()).await.unwrap();
    assert_eq!(budget.balance(Instant::now()), 1);

    let budget = RetryBudget::cost(NAME, costs());
    let hanging = service_fn(|(): ()| std::future::pending::<Result<(), BoxError>>());
    let timeout = TimeoutLayer::new(NAME, MS).layer(hanging);
    let retry = RetryLayer::new(NAME, config(2, 0)).budget(budget.clone());
    retry.layer(timeout).oneshot(()).await.unwrap_err();
    assert_eq!(budget.balance(Instant::now()), 0, "the one timeout cost all of it");
}

#[tokio::test(start_paused = true)]
async fn a_budget_by_cost_that_is_empty_is_not_filled_by_what_is_no_success() {
    let empty = || {
        let costs = CostBudget::builder().capacity(5).build().unwrap();
        let budget = RetryBudget::cost(NAME, costs);
        drop(budget.withdraw(Instant::now(), Cause::Failure).expect("one is there"));
        budget
    };
    let budget = empty();
    let breaker = CircuitBreakerLayer::new(NAME, circuit_breaker::Config::default());
    breaker.handle().force_open();
    let echo = service_fn(async |(): ()| Ok::<(), BoxError>(()));
    let retry = RetryLayer::new(NAME, config(2, 0)).budget(budget.clone());
    let service = retry.layer(breaker.layer(echo));
    for _ in 0..200 {
        service.clone().oneshot(()).await.unwrap_err();
    }
    assert_eq!(budget.balance(Instant::now()), 0, "refusals");

    let budget = empty();
    let no_more = service_fn(async |_: Request<String>| {
        let response = Response::builder().status(503).header("grpc-retry-pushback-ms", "-1");
        Ok::<_, BoxError>(response.body(())?)
    });
    let policy = RetryRefusals::new(<HttpPolicy>::default());
    let retry = RetryLayer::with_policy(NAME, config(2, 0), policy).budget(budget.clone());
    for _ in 0..200 {
        retry.layer(no_more).oneshot(get()).await.unwrap();
    }
    assert_eq!(budget.balance(Instant::now()), 0, "failures that are not to be retried");
    // The service did its work: it knows what is not there.
    let script = Script::new([Ok(404); 5]);
    for _ in 0..5 {
        retry.layer(script.clone()).oneshot(get()).await.unwrap();
    }
    assert_eq!(budget.balance(Instant::now()), 1);
}

#[tokio::test(start_paused = true)]
async fn a_retry_of_an_attempt_that_is_a_retry_outside_gets_its_cost_back_too() {
    let costs = CostBudget::builder().capacity(5).success_refund(0).build().unwrap();
    let budget = RetryBudget::cost(NAME, costs);
    let layer = RetryLayer::http(NAME, config(2, 0)).budget(budget.clone());
    let mut second = get();
    second.set_carried(Carried { attempt: 2.try_into().unwrap(), ..Carried::default() });
    layer.layer(Script::new([Ok(503)])).oneshot(second).await.unwrap();
    assert_eq!(budget.balance(Instant::now()), 1);
}

#[tokio::test(start_paused = true)]
async fn a_budget_that_does_not_charge_by_cost_asks_nobody_how_a_call_ended() {
    for budget in [
        RetryBudget::token(NAME, TokenBudget::default()),
        RetryBudget::share(NAME, ShareBudget::default()),
    ] {
        let retry = RetryLayer::with_policy(NAME, config(2, 0), Unasked).budget(budget);
        let down_once = Script::new([Ok(503)]);
        retry.layer(down_once).oneshot(get()).await.unwrap();
    }
}

/// Retries once, and cannot tell what is a success.
#[derive(Clone)]
struct Unasked;

impl Policy<Request<String>, Response<()>, BoxError> for Unasked {
    fn replay(&self, request: &Request<String>) -> Replay<Request<String>> {
        Replay::Copy(request.clone())
    }

    fn decide(&self, last: Result<&Response<()>, &BoxError>, _: &Attempt) -> Decision {
        match last {
            Ok(response) if response.status() == 200 => Decision::Return,
            _ => Decision::Retry { wait: Wait::Backoff },
        }
    }

    fn is_success(&self, _: Result<&Response<()>, &BoxError>) -> bool {
        panic!("nobody needs to know")
    }
}

#[tokio::test(start_paused = true)]
async fn to_a_policy_that_says_nothing_of_it_no_error_is_a_success() {
    let costs = CostBudget::builder().capacity(5).success_refund(5).build().unwrap();
    let budget = RetryBudget::cost(NAME, costs);
    drop(budget.withdraw(Instant::now(), Cause::Failure).expect("one is there"));
    let retry = RetryLayer::with_policy(NAME, config(2, 0), Final).budget(budget.clone());
    let odd_fails =
        service_fn(async |n: u32| if n.is_multiple_of(2) { Ok(n) } else { Err("odd".into()) });
    retry.layer(odd_fails).oneshot(1).await.unwrap_err();
    assert_eq!(budget.balance(Instant::now()), 0);
    retry.layer(odd_fails).oneshot(2).await.unwrap();
    assert_eq!(budget.balance(Instant::now()), 1);
}

/// Retries nothing.
#[derive(Clone)]
struct Final;

impl Policy<u32, u32, BoxError> for Final {
    fn replay(&self, request: &u32) -> Replay<u32> {
        Replay::Copy(*request)
    }

    fn decide(&self, _: Result<&u32, &BoxError>, _: &Attempt) -> Decision {
        Decision::Return
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_has_ended_makes_room_for_the_next_of_its_own_call() {
    let one = ShareBudget::builder().max_ratio(Ratio::ZERO).min_concurrency(1).build().unwrap();
    let budget = RetryBudget::share(NAME, one);
    let script = Script::new([Ok(503), Ok(503), Ok(503)]);
    let layer = RetryLayer::http(NAME, config(4, 0)).budget(budget);
    assert_eq!(layer.layer(script.clone()).oneshot(get()).await.unwrap().status(), 200);
    assert_eq!(script.attempts(), [1, 2, 3, 4]);
}
