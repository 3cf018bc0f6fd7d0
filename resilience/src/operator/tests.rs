use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, advance};
use tower::{ServiceExt, service_fn};
use tower_layer::Layer;

use super::{CommandError, Listed, Policy, events_after, find, policies};
use crate::{
    budget::{RetryBudget, TokenBudget},
    carry::{Carry, Carrying},
    circuit_breaker::{CircuitBreakerLayer, Config, State},
    deadline::DeadlineLayer,
    error::BoxError,
    event::log::ALONE,
    fault::{FaultLayer, FaultSwitch},
    name::Name,
    retry::{self, RetryLayer},
    timeout::TimeoutLayer,
    wire::{Command, EventState, PolicyState},
};

/// Those called `name`: other tests have policies too.
fn of(name: Name) -> Vec<Listed> {
    policies().into_iter().filter(|listed| listed.name() == name).collect()
}

fn kinds(name: Name) -> Vec<&'static str> {
    of(name).iter().map(|listed| listed.policy().kind()).collect()
}

/// Waits until `expected` and no others are listed: another test may look at all policies at this
/// moment, and whoever looks keeps them alive.
fn become_listed(name: Name, expected: &[&str]) {
    let begun = Instant::now();
    while kinds(name) != expected {
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", kinds(name));
        std::thread::yield_now();
    }
}

fn one(name: Name, kind: &str) -> Listed {
    let mut all = of(name).into_iter().filter(|listed| listed.policy().kind() == kind);
    all.next().expect("it is listed")
}

fn command(json: serde_json::Value) -> Command {
    serde_json::from_value(json).unwrap()
}

#[test]
fn a_policy_is_listed_for_as_long_as_something_of_it_lives() {
    let name = Name::from_static("operator-lives");
    assert_eq!(kinds(name), Vec::<&str>::new());
    let breaker = CircuitBreakerLayer::new(name, Config::default());
    let service = breaker.layer(());
    let retry = RetryLayer::new(name, retry::Config::default());
    let switch = FaultSwitch::new();
    // Two layers of one name and switch are one thing to tell.
    let faults = [(); 2].map(|()| FaultLayer::new(name, switch.clone()));
    assert_eq!(kinds(name), ["circuit_breaker", "fault", "retry", "retry_budget"]);
    drop((breaker, retry, faults, switch));
    become_listed(name, &["circuit_breaker"]);
    let id = one(name, "circuit_breaker").id();
    assert!(find(id).is_some());
    drop(service);
    become_listed(name, &[]);
    assert!(find(id).is_none());
    let _service = TimeoutLayer::new(name, Duration::from_secs(1)).layer(());
    assert_eq!(kinds(name), ["timeout"]);
}

#[test]
fn two_policies_of_a_name_have_numbers_of_their_own() {
    let name = Name::from_static("operator-twins");
    let twins = [(); 2].map(|()| CircuitBreakerLayer::new(name, Config::default()));
    let listed = of(name);
    assert_eq!(listed.len(), 2);
    listed[1].apply(Command::ForceOpen {}, "test").unwrap();
    let states = twins.map(|twin| twin.handle().snapshot().state);
    assert_eq!(states, [State::Closed, State::ForcedOpen], "the later one has the greater number");
}

#[tokio::test(start_paused = true)]
async fn a_breaker_does_what_it_is_told() {
    let name = Name::from_static("operator-breaker");
    let layer = CircuitBreakerLayer::new(name, Config::default());
    let breaker = one(name, "circuit_breaker");
    for (label, state) in [
        ("force_open", State::ForcedOpen),
        ("close", State::Closed),
        ("disable", State::Disabled),
        ("metrics_only", State::MetricsOnly),
        ("open", State::Open),
        ("half_open", State::HalfOpen),
        ("reset", State::Closed),
    ] {
        breaker.apply(command(json!({ "command": label })), "test").unwrap();
        assert_eq!(layer.handle().snapshot().state, state, "{label}");
    }
    for (json, label) in [
        (json!({ "command": "set_failure_rate", "rate": 0.25 }), "set_failure_rate"),
        (json!({ "command": "set_min_calls", "calls": 7 }), "set_min_calls"),
        (
            json!({ "command": "set_consecutive_failures", "failures": 3 }),
            "set_consecutive_failures",
        ),
        (json!({ "command": "set_open_for", "time": "2s" }), "set_open_for"),
    ] {
        assert_eq!(command(json.clone()).as_str(), label);
        breaker.apply(command(json), "test").unwrap();
    }
    let PolicyState::CircuitBreaker(state) = breaker.policy().state() else { panic!("a breaker") };
    let thresholds: Vec<_> =
        state.thresholds.iter().map(|rule| (&*rule.rule, rule.threshold, rule.min_calls)).collect();
    let expected = [("consecutive_failures", 3.0, None), ("failure_rate", 0.25, Some(7))];
    assert_eq!(thresholds, expected);
    assert_eq!(layer.handle().config().open_for(), Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn the_others_do_what_they_are_told() {
    let name = Name::from_static("operator-others");
    let budget = TokenBudget::builder().min_per_sec(7).build().unwrap();
    let budget = RetryBudget::token(name, budget);
    let retry = RetryLayer::new(name, retry::Config::default()).budget(budget.clone());
    let timeout = TimeoutLayer::new(name, Duration::from_secs(1));
    let deadline = DeadlineLayer::new(name, Duration::from_secs(9));
    let _deadline = deadline.layer(());
    let (_service, switch) = (timeout.layer(()), FaultSwitch::new());
    let _faults = FaultLayer::new(name, switch.clone());
    let tell = |kind, json| one(name, kind).apply(command(json), "test").unwrap();

    tell("retry", json!({ "command": "switch_off" }));
    tell("retry", json!({ "command": "set_max_attempts", "attempts": 5 }));
    assert_eq!((retry.handle().is_on(), retry.handle().config().max_attempts()), (false, 5));
    tell("retry", json!({ "command": "switch_on" }));
    assert!(retry.handle().is_on());

    tell("retry_budget", json!({ "command": "set_budget", "ratio": 0.05 }));
    let config = budget.token_config().unwrap();
    assert_eq!((config.ratio().as_f64(), config.min_per_sec()), (0.05, 7), "the rest stays");

    tell("timeout", json!({ "command": "set_limit", "limit": "30ms" }));
    assert_eq!(timeout.handle().in_force(), Some(Duration::from_millis(30)));
    tell("timeout", json!({ "command": "clear_limit" }));
    assert!(!timeout.handle().is_set());

    tell("deadline", json!({ "command": "set_limit", "limit": "2s" }));
    let left = service_fn(async |request: Carrying<()>| {
        Ok::<_, BoxError>(request.carried().deadline.map(|at| at - Instant::now()))
    });
    let service = deadline.layer(left);
    let left = service.clone().oneshot(Carrying::new(())).await.unwrap();
    assert_eq!(left, Some(Duration::from_secs(2)));
    tell("deadline", json!({ "command": "clear_limit" }));
    let left = service.oneshot(Carrying::new(())).await.unwrap();
    assert_eq!(left, Some(Duration::from_secs(9)));

    let fault = json!({ "fault": { "abort": {} }, "rate": 0.5, "expires_in": "30s" });
    tell("fault", json!({ "command": "arm", "fault": fault }));
    let PolicyState::Fault(state) = one(name, "fault").policy().state() else { panic!("a fault") };
    assert_eq!(state.status.armed.map(|armed| armed.rate), Some(0.5));
    advance(Duration::from_secs(30)).await;
    assert!(switch.status().armed.is_none());
    tell("fault", json!({ "command": "arm", "fault": fault_of(1.0) }));
    tell("fault", json!({ "command": "disarm" }));
    assert!(switch.status().armed.is_none());
}

fn fault_of(rate: f64) -> serde_json::Value {
    json!({ "fault": { "error": { "status": 503 } }, "rate": rate, "expires_in": "30s" })
}

#[test]
fn what_a_policy_cannot_do_changes_nothing_and_says_what_was_given_and_expected() {
    let name = Name::from_static("operator-wrong");
    let _layer = CircuitBreakerLayer::new(name, Config::default());
    let retry = RetryLayer::new(name, retry::Config::default());
    let _fault = FaultLayer::new(name, FaultSwitch::new());
    let wrong = |kind, json| one(name, kind).apply(command(json), "test").unwrap_err().to_string();
    assert_eq!(
        wrong("retry", json!({ "command": "force_open" })),
        "command is force_open, which a policy of the kind retry does not know"
    );
    assert_eq!(
        wrong("circuit_breaker", json!({ "command": "set_failure_rate", "rate": 1.5 })),
        "failure_rate is 1.5, but must be above 0, to 1"
    );
    assert_eq!(
        wrong("circuit_breaker", json!({ "command": "set_failure_rate", "rate": -1.0 })),
        "failure_rate is -1, but must be a number from 0"
    );
    assert_eq!(
        wrong("retry", json!({ "command": "set_max_attempts", "attempts": 0 })),
        "max_attempts is 0, but must be 1 to 100"
    );
    assert_eq!(
        wrong("fault", json!({ "command": "arm", "fault": fault_of(1.5) })),
        "rate is 1.5, but must be 0 to 1"
    );
    assert_eq!(retry.handle().config().max_attempts(), 3);
    let share = RetryBudget::share(name, crate::budget::ShareBudget::default());
    let told = Command::SetBudget { ratio: None, min_per_sec: Some(1) };
    let listed = of(name).into_iter().filter(|l| l.policy().kind() == "retry_budget").last();
    let error = listed.unwrap().apply(told, "test").unwrap_err();
    assert!(matches!(error, CommandError::NotForThis { .. }), "a share has other numbers: {error}");
    drop(share);
}

#[tokio::test(start_paused = true)]
async fn changes_and_commands_are_in_the_stream_with_who_and_what() {
    let _alone = ALONE.acquire().await.unwrap();
    let name = Name::from_static("operator-stream");
    // Kept from here on.
    events_after(0, 0);
    let config = Config::builder().consecutive_failures(1).build().unwrap();
    let layer = CircuitBreakerLayer::new(name, config);
    let failing = layer.layer(service_fn(async |(): ()| Err::<(), BoxError>("down".into())));
    failing.oneshot(()).await.unwrap_err();
    advance(Duration::from_secs(2)).await;
    one(name, "circuit_breaker").apply(Command::Reset {}, "ann").unwrap();
    let mine: Vec<_> = events_after(0, usize::MAX).events;
    let mine: Vec<_> = mine.into_iter().filter(|event| event.policy == name.as_str()).collect();
    let told = |event: &EventState| serde_json::to_value(&event.happened).unwrap();
    let labels: Vec<_> = mine.iter().map(told).collect();
    assert_eq!(
        labels,
        [
            json!({ "event": "rule_met", "reason": "consecutive_failures" }),
            json!({ "event": "state_changed", "from": "closed", "to": "open",
                    "reason": "consecutive_failures" }),
            json!({ "event": "state_changed", "from": "open", "to": "closed", "reason": "reset" }),
            json!({ "event": "commanded", "kind": "circuit_breaker", "command": "reset",
                    "by": "ann" }),
        ]
    );
    assert!(mine.is_sorted_by_key(|event| event.id));
    assert_eq!((mine[0].ago, mine[3].ago), (Duration::from_secs(2), Duration::ZERO));
    let rest = events_after(mine[2].id, usize::MAX).events;
    assert!(rest.iter().all(|event| event.id > mine[2].id), "a reader goes on where it was");
}

#[test]
fn every_policy_tells_of_itself_in_json() {
    let name = Name::from_static("operator-json");
    let _retry = RetryLayer::new(name, retry::Config::default());
    let _timeout = TimeoutLayer::new(name, Duration::from_millis(250)).layer(());
    let _fault = FaultLayer::new(name, FaultSwitch::new());
    let told = |kind| serde_json::to_value(one(name, kind).state()).unwrap();
    let without_id = |mut json: serde_json::Value| {
        assert!(json.as_object_mut().unwrap().remove("id").unwrap().is_u64());
        json
    };
    assert_eq!(
        without_id(told("retry")),
        json!({ "kind": "retry", "policy": "operator-json", "is_on": true, "max_attempts": 3,
                "budget": { "policy": "operator-json", "tokens": 100 } })
    );
    assert_eq!(
        without_id(told("timeout")),
        json!({ "kind": "timeout", "policy": "operator-json", "limit": "250ms", "is_set": false })
    );
    assert_eq!(
        without_id(told("fault")),
        json!({ "kind": "fault", "policy": "operator-json", "armed": null, "injected": 0,
                "injected_by_plan": 0, "active": 0 })
    );
    for listed in of(name) {
        let state = listed.state();
        let read = serde_json::from_value(serde_json::to_value(&state).unwrap()).unwrap();
        assert_eq!(state, read, "what is written is read");
        assert_eq!(
            (state.state.kind(), state.state.policy()),
            (listed.policy().kind(), name.as_str())
        );
        assert!(matches!(
            listed.policy(),
            Policy::Retry(_) | Policy::RetryBudget(_) | Policy::Timeout(_) | Policy::Fault(_)
        ));
    }
}

#[test]
fn commands_at_the_same_time_lose_nothing_of_each_other() {
    let name = Name::from_static("operator-at-once");
    let breaker = CircuitBreakerLayer::new(name, Config::default());
    let budget = RetryBudget::token(name, TokenBudget::default());
    let retry = RetryLayer::new(name, retry::Config::default()).budget(budget.clone());
    let tell = |kind, command: &dyn Fn(u32) -> Command| {
        let listed = one(name, kind);
        for number in 1..=300 {
            listed.apply(command(number), "test").unwrap();
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| tell("circuit_breaker", &|calls| Command::SetMinCalls { calls }));
        scope.spawn(|| {
            let rate = |number| Command::SetFailureRate { rate: f64::from(number) / 300.0 };
            tell("circuit_breaker", &rate);
        });
        scope.spawn(|| {
            let most = |number| Command::SetBudget { ratio: None, min_per_sec: Some(number) };
            tell("retry_budget", &most);
        });
        scope.spawn(|| {
            let ratio = |number| Some(f64::from(number) / 300.0);
            tell("retry_budget", &|number| Command::SetBudget {
                ratio: ratio(number),
                min_per_sec: None,
            });
        });
        for _ in 0..2 {
            scope.spawn(|| {
                tell("retry", &|number| Command::SetMaxAttempts { attempts: 1 + number % 100 });
            });
        }
    });
    let config = breaker.handle().config();
    let rate = config.failure_rate().map(crate::Ratio::as_f64);
    assert_eq!((config.min_calls(), rate), (300, Some(1.0)));
    let config = budget.token_config().unwrap();
    assert_eq!((config.min_per_sec(), config.ratio().as_f64()), (300, 1.0));
    assert_eq!(retry.handle().config().max_attempts(), 1);
}

#[test]
fn all_mistakes_of_a_fault_are_told_at_once() {
    let name = Name::from_static("operator-mistakes");
    let _fault = FaultLayer::new(name, FaultSwitch::new());
    let fault = json!({ "fault": { "error": { "status": 200 } }, "rate": -0.5, "expires_in": "30s",
                        "method": "GE T", "path_prefix": "users" });
    let told = one(name, "fault").apply(command(json!({ "command": "arm", "fault": fault })), "me");
    assert_eq!(
        told.unwrap_err().to_string(),
        "rate is -0.5, but must be a number from 0; status is 200, but must be 400 to 599; \
         method is \"GE T\", but must be a method such as GET; \
         path_prefix is \"users\", but must be the beginning of a path"
    );
}

#[test]
fn shapes_that_a_later_version_adds_can_be_read() {
    let state: PolicyState = serde_json::from_value(json!({ "kind": "bulkhead", "x": 1 })).unwrap();
    assert_eq!((state.kind(), state.policy()), ("unknown", ""));
    let event = json!({ "id": 1, "policy": "p", "ago": "1s", "event": "moved", "x": 1 });
    let event: EventState = serde_json::from_value(event).unwrap();
    assert_eq!(event.policy, "p");
}

#[cfg(feature = "fault-injection")]
mod faults;

#[cfg(feature = "keyed")]
#[test]
fn the_budgets_of_many_keys_are_one_policy_that_tells_how_many_there_are() {
    use crate::{budget::keyed::KeyedRetryBudget, keyed::by_number};

    let name = Name::from_static("operator-budgets");
    let budgets = KeyedRetryBudget::new(name, TokenBudget::default());
    let layer = RetryLayer::new(name, retry::Config::default())
        .budget_by(by_number(|id: &u64| *id), budgets.clone());
    become_listed(name, &["keyed_retry_budget", "retry"]);
    for key in 0..3 {
        budgets.budget(key);
    }
    let listed = one(name, "keyed_retry_budget");
    let state = json!(
        { "kind": "keyed_retry_budget", "policy": "operator-budgets", "keys": 3, "max_keys": 10_000 }
    );
    assert_eq!(serde_json::to_value(listed.policy().state()).unwrap(), state);
    let retry = serde_json::to_value(one(name, "retry").policy().state()).unwrap();
    let paid = json!({ "policy": "operator-budgets", "keys": 3, "max_keys": 10_000 });
    assert_eq!((&retry["budget"], &retry["keyed_budget"]), (&json!(null), &paid));
    let set = command(json!({ "command": "set_budget", "ratio": 0.1 }));
    assert!(matches!(listed.apply(set, "ops"), Err(CommandError::NotForThis { .. })));
    drop((layer, budgets, listed));
    become_listed(name, &[]);
}
