//! A table that was read and is sent back.

use std::time::Duration;

use serde_json::json;
use tower_layer::Layer as _;

use super::{
    settings_client::{get, mistakes, problem, put, put_if, replaced},
    tests::id_of,
};
use crate::{
    budget::{RetryBudget, TokenBudget},
    circuit_breaker::{CircuitBreakerHandle, Config, Rule, Window},
    deadline::DeadlineLayer,
    name::Name,
    ratio::Ratio,
    retry::{self, Backoff, Growth, RetryLayer},
    timeout::TimeoutLayer,
};

const SECOND: Duration = Duration::from_secs(1);

/// Sends what is shown back, and tells the number of the policy.
async fn sent_back(name: Name, kind: &str) -> u64 {
    let id = id_of(&format!("{name}&kind={kind}")).await;
    let (before, tag) = get(id).await;
    let done = replaced(put_if(id, &before.settings, &tag).await).await;
    assert_eq!((&done.settings, &done.tag), (&before, &tag), "{kind}");
    assert_eq!(get(id).await, (before, tag), "{kind}");
    id
}

#[tokio::test(start_paused = true)]
async fn the_limit_of_one_layer_is_not_set_for_the_others_of_its_name() {
    let name = Name::from_static("sent-back-limit");
    let timeouts = [1, 5].map(|limit| TimeoutLayer::new(name, SECOND * limit));
    let deadlines = [5, 1].map(|limit| DeadlineLayer::new(name, SECOND * limit));
    let _services = (
        timeouts.each_ref().map(|layer| layer.layer(())),
        deadlines.each_ref().map(|layer| layer.layer(())),
    );
    let handles = [timeouts[0].handle(), deadlines[0].handle()];
    for ((kind, handle), shown) in ["timeout", "deadline"].into_iter().zip(handles).zip([5, 1]) {
        let id = sent_back(name, kind).await;
        assert!(!handle.is_set(), "{kind}: each layer has its own");
        assert_eq!(handle.in_force(), Some(SECOND * shown), "{kind}");
        let (_, of_a_layer) = get(id).await;

        handle.set(SECOND * shown);
        let (known, of_all) = get(id).await;
        assert_ne!(of_all, of_a_layer, "{kind}: the same number means another thing");
        let late = put_if(id, &json!({ "limit": "9s" }), &of_a_layer).await;
        assert_eq!(problem(late).await, (412, json!("settings_changed")), "{kind}");
        let again = sent_back(name, kind).await;
        assert_eq!((again, get(id).await), (id, (known, of_all)));
        assert!(handle.is_set(), "{kind}: what was set stays so");
    }
}

#[tokio::test(start_paused = true)]
async fn a_breaker_has_the_same_settings_as_before() {
    let name = Name::from_static("sent-back-breaker");
    let breaker = CircuitBreakerHandle::standalone(name, Config::default());
    let builder = || Config::builder().failure_rate(Ratio::percent(30));
    let run = [Rule::ConsecutiveFailures { failures: 5 }];
    for (case, config) in [
        ("defaults", Config::builder()),
        ("a function", builder().open_for_fn(|_| Some(SECOND)).open_for(SECOND * 90)),
        ("a hand", builder().open_until_reset()),
        ("a long wait", builder().open_for(SECOND * 90)),
        ("a cap", builder().open_growth(3.0, SECOND * 60)),
        ("a cap that a hand needs not", builder().open_until_reset().open_growth(2.0, SECOND)),
        ("a window", builder().window(Window::Count { size: 10 })),
        ("the window by default, asked for", builder().window(Config::default().window())),
        ("no window", builder().rules(run)),
        ("no limit", builder().half_open_without_limit()),
    ] {
        let config = config.build().unwrap();
        breaker.update(config.clone());
        sent_back(name, "circuit_breaker").await;
        assert_eq!(*breaker.config(), config, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_longer_wait_is_not_held_against_a_cap_that_nobody_has_set() {
    let name = Name::from_static("sent-back-cap");
    let breaker = CircuitBreakerHandle::standalone(name, Config::default());
    let id = sent_back(name, "circuit_breaker").await;
    let mut settings = get(id).await.0.settings;
    settings["open_for"] = "90s".into();
    replaced(put(id, &settings).await).await;
    assert_eq!(breaker.config().open_for_at_most(), SECOND * 90);
    settings["open_growth"]["at_most"] = "1m".into();
    assert_eq!(
        mistakes(id, &settings).await,
        ["open_growth.at_most is 1min, but must be 90s or longer"]
    );
}

#[tokio::test(start_paused = true)]
async fn retry_and_its_budget_have_the_same_settings_as_before() {
    let name = Name::from_static("sent-back-retry");
    let tokens = TokenBudget::builder().ttl(SECOND * 30).min_per_sec(7);
    let tokens = tokens.ratio(Ratio::new(0.123).unwrap()).build().unwrap();
    let budget = RetryBudget::token(name, tokens);
    let retry = RetryLayer::new(name, retry::Config::default()).budget(budget.clone()).handle();
    sent_back(name, "retry_budget").await;
    assert_eq!(budget.token_config(), Some(tokens));
    for growth in [Growth::Linear, Growth::custom(|_| Some(SECOND))] {
        let backoff = Backoff::builder().growth(growth).initial(SECOND).build().unwrap();
        let config = retry::Config::builder().backoff(backoff).max_elapsed(SECOND * 9);
        let config = config.build().unwrap();
        retry.update(config.clone());
        sent_back(name, "retry").await;
        assert_eq!(*retry.config(), config);
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_would_become_another_one_is_a_mistake() {
    let name = Name::from_static("sent-back-long");
    // Longer than can be shown: what is shown can be sent back all the same.
    let timeout = TimeoutLayer::new(name, Duration::MAX);
    let deadline = DeadlineLayer::new(name, SECOND);
    let _services = (timeout.layer(()), deadline.layer(()));
    let longest = Duration::from_nanos(u64::MAX - 1);
    for (kind, handle) in [("timeout", timeout.handle()), ("deadline", deadline.handle())] {
        let id = sent_back(name, kind).await;
        let long = json!({ "limit": "600years" });
        let told = ["limit is 600years, but must be 0ns to 584years"];
        assert_eq!(mistakes(id, &long).await, told, "{kind}");
        assert!(!handle.is_set(), "{kind}: nothing has changed");
        handle.set(SECOND * 3);
        let text = humantime::format_duration(longest).to_string();
        let done = replaced(put(id, &json!({ "limit": text })).await).await;
        assert_eq!(get(id).await, (done.settings, done.tag), "{kind}");
        assert_eq!(handle.in_force(), Some(longest), "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_number_of_many_digits_keeps_the_last_of_them() {
    let name = Name::from_static("sent-back-digits");
    let breaker = CircuitBreakerHandle::standalone(name, Config::default());
    for of in 3..40 {
        let config = Config::builder().failure_rate(Ratio::new(1.0 / f64::from(of)).unwrap());
        let config = config.open_growth(100.0 / f64::from(of), SECOND * 60).build().unwrap();
        breaker.update(config.clone());
        sent_back(name, "circuit_breaker").await;
        assert_eq!(*breaker.config(), config, "1 of {of}");
    }
}
