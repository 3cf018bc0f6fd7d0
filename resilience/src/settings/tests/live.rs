//! Other settings for a stack whose services are in use.

use tokio::time::Instant;
use tower::{ServiceExt as _, service_fn};
use tower_layer::Layer as _;

use crate::{
    circuit_breaker::State,
    error::{BoxError, Reason, Refusal as _},
    name::Name,
    settings::{Stack, StackHandle, StackSettings},
};

const ALL: &str = "
    deadline.limit = '2s'
    timeout.limit = '300ms'
    circuit_breaker = { window = { kind = 'count', size = 10 }, min_calls = 4, failure_rate = 0.9 }
    retry = { max_attempts = 2, backoff = { initial = '1ms', at_most = '1ms' } }
    budget = { min_per_sec = 50 }
";

fn settings(text: &str) -> StackSettings {
    toml::from_str(text).unwrap()
}

fn stack(name: &'static str) -> (Stack, StackHandle) {
    let stack = settings(ALL).build(Name::from_static(name)).unwrap();
    let handle = stack.handle();
    (stack, handle)
}

/// `ALL` with one line in the place of another.
fn changed(was: &str, becomes: &str) -> StackSettings {
    assert!(ALL.contains(was), "{was}");
    settings(&ALL.replace(was, becomes))
}

#[tokio::test(start_paused = true)]
async fn services_go_by_other_settings_and_keep_what_they_know() {
    let (stack, handle) = stack("live-stack");
    let service = stack.layer(service_fn(async |_: http::Request<()>| {
        Ok::<_, BoxError>(http::Response::builder().status(500).body(()).unwrap())
    }));
    let call = || service.clone().oneshot(http::Request::new(()));
    assert_eq!(call().await.unwrap().status(), 500);
    let breaker = stack.breaker().unwrap();
    let before = breaker.snapshot();
    assert_eq!((before.state, before.counts.failed), (State::Closed, 2), "a call of two attempts");
    handle.update(&changed("min_calls = 4", "min_calls = 2")).unwrap();
    assert_eq!(breaker.snapshot().state, State::Open, "what the window holds is enough now");
    assert_eq!(handle.settings().circuit_breaker.unwrap().on().unwrap().min_calls, Some(2));

    breaker.disable();
    handle.update(&changed("max_attempts = 2", "max_attempts = 4")).unwrap();
    assert_eq!(breaker.snapshot().state, State::Disabled, "a state that was forced stays");
    let successes = breaker.calls().ignored;
    call().await.unwrap();
    assert_eq!(breaker.calls().ignored, successes + 4, "four attempts, which count for nothing");
}

#[tokio::test(start_paused = true)]
async fn limits_of_time_hold_for_calls_that_begin_then() {
    let (stack, handle) = stack("live-limits");
    let hangs = service_fn(async |_: http::Request<()>| {
        std::future::pending::<Result<http::Response<()>, BoxError>>().await
    });
    let service = stack.layer(hangs);
    for (settings, reason, after) in [
        (settings(ALL), Reason::TimedOut, 600),
        (changed("300ms", "100ms"), Reason::TimedOut, 200),
        (changed("2s", "450ms"), Reason::DeadlineExceeded, 450),
    ] {
        handle.update(&settings).unwrap();
        stack.breaker().unwrap().reset();
        let start = Instant::now();
        let error = service.clone().oneshot(http::Request::new(())).await.unwrap_err();
        assert_eq!(error.as_rejected().map(crate::Rejected::reason), Some(reason));
        let took = start.elapsed().as_millis();
        assert!((after..after + 10).contains(&took), "{took} ms for {after}");
    }
}

#[test]
fn what_cannot_change_is_refused_as_a_whole_and_named() {
    let (stack, handle) = stack("live-refused");
    let before = (handle.settings(), stack.breaker().unwrap().config());
    let lines = ALL.lines().filter(|line| !line.trim().starts_with("retry"));
    let without_retry =
        lines.filter(|line| !line.contains("budget")).collect::<Vec<_>>().join("\n");
    for (wanted, error) in [
        (settings(&without_retry), "retry is off, but must be on, as the stack was built"),
        (
            changed("limit = '300ms'", "limit = '200ms'\ntimeout.spare_last_attempt = true"),
            "timeout.spare_last_attempt is true, but must be false, as the stack was built",
        ),
        (
            changed("max_attempts = 2", "max_attempts = 3, idempotency = 'all'"),
            "retry.idempotency is all, but must be method_or_key, as the stack was built",
        ),
        (
            changed("min_per_sec = 50", "min_per_sec = 60, ttl = '20s'"),
            "budget.ttl is 20s, but must be 10s, as the stack was built",
        ),
        (
            changed("{ min_per_sec = 50 }", "{ kind = 'share' }"),
            "budget.kind is share, but must be token, as the stack was built",
        ),
    ] {
        let told = handle.update(&wanted).unwrap_err().to_string();
        assert!(told.contains(error), "{told}");
        let after = (handle.settings(), stack.breaker().unwrap().config());
        assert_eq!(before, after, "{error}");
    }
    let mut wrong = settings(ALL);
    wrong.timeout = None;
    let told = handle.update(&wrong).unwrap_err().to_string();
    assert_eq!(told, "timeout is off, but must be on, as the stack was built");
}

#[test]
fn the_budget_takes_other_numbers_and_keeps_its_tokens() {
    let (stack, handle) = stack("live-budget");
    let budget = stack.budget().unwrap();
    let before = budget.balance(Instant::now());
    handle.update(&changed("min_per_sec = 50", "min_per_sec = 70, ratio = 0.05")).unwrap();
    let config = budget.token_config().unwrap();
    assert_eq!((config.min_per_sec(), config.ratio().as_f64()), (70, 0.05));
    assert_eq!(budget.balance(Instant::now()), before);
}
