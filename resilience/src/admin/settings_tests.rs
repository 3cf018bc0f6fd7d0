use std::{sync::Barrier, time::Duration};

use serde_json::json;
use tower_layer::Layer as _;

use super::{
    COMMAND_HEADER,
    settings_client::{get, mistakes, not_shown, problem, put, put_if, replaced, request},
    tests::{FOREIGN, READER, ask, id_of},
};
use crate::{
    budget::{CostBudget, RetryBudget, ShareBudget, TokenBudget},
    circuit_breaker::{CircuitBreakerHandle, Config, State},
    deadline::DeadlineLayer,
    fault::{FaultLayer, FaultSwitch},
    name::Name,
    operator::events_after,
    ratio::Ratio,
    retry::{self, Backoff, Growth, RetryLayer},
    timeout::TimeoutLayer,
    wire::HappenedState,
};

#[tokio::test(start_paused = true)]
async fn what_is_read_and_sent_back_changes_nothing() {
    let name = Name::from_static("settings-back");
    let breaker = CircuitBreakerHandle::standalone(name, Config::default());
    let (before, tag) = get(id_of(name.as_str()).await).await;
    assert_eq!((&*before.kind, &*before.policy), ("circuit_breaker", name.as_str()));
    assert_eq!(
        (&before.settings["open_for"], &before.settings["min_calls"]),
        (&json!("5s"), &json!(20))
    );
    let done = replaced(put_if(before.id, &before.settings, &tag).await).await;
    assert_eq!((&done.settings, &done.tag), (&before, &tag));
    let (after, again) = get(before.id).await;
    assert_eq!((after, again), (before, tag));
    assert_eq!(breaker.config().open_for(), Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn a_breaker_goes_by_other_settings_and_keeps_what_its_window_holds() {
    let name = Name::from_static("settings-window");
    let breaker = CircuitBreakerHandle::standalone(name, Config::default());
    let id = id_of(name.as_str()).await;
    let (before, tag) = get(id).await;
    for _ in 0..4 {
        let failing = breaker.try_acquire().unwrap();
        failing.run(|| Err::<(), _>("down")).unwrap_err();
    }
    assert_eq!(breaker.snapshot().counts.failed, 4);
    let mut settings = before.settings;
    settings["min_calls"] = 5.into();
    let done = replaced(put(id, &settings).await).await;
    let (known, other) = get(id).await;
    assert_eq!((&done.settings, &done.tag), (&known, &other));
    assert_ne!(tag, other);
    let policy = serde_json::to_value(&done.policy).unwrap();
    assert_eq!(
        (&*done.command, &policy["calls"], &policy["thresholds"][0]["min_calls"]),
        ("replace_settings", &json!(4), &json!(5))
    );
    assert_eq!(breaker.snapshot().state, State::Closed);
    settings["min_calls"] = 4.into();
    put(id, &settings).await;
    assert_eq!(breaker.snapshot().state, State::Open, "what it holds is enough for these");
    breaker.force_open();
    put(id, &json!({ "open_for": "1s" })).await;
    assert_eq!(breaker.snapshot().state, State::ForcedOpen, "a state that was forced stays");
    assert_eq!(
        (breaker.config().open_for(), breaker.config().min_calls()),
        (Duration::from_secs(1), 20)
    );
}

#[tokio::test(start_paused = true)]
async fn settings_with_one_mistake_change_nothing_and_each_mistake_is_named() {
    let name = Name::from_static("settings-wrong");
    let breaker = CircuitBreakerHandle::standalone(name, Config::default());
    let id = id_of(name.as_str()).await;
    let (before, _) = get(id).await;
    let wrong = json!({ "min_calls": 0, "open_fr": "1s", "failure_rate": 1.5, "open_for": "2s" });
    assert_eq!(
        mistakes(id, &wrong).await,
        [
            "failure_rate is 1.5, but must be above 0, to 1",
            "min_calls is 0, but must be 1 to 1000000",
            "open_fr is \"1s\", but must be a known setting, perhaps open_for",
        ]
    );
    assert_eq!(mistakes(id, &json!([])).await.len(), 1);
    for (body, status, reason) in [
        ("{ \"min_calls\": 5", 400, "invalid_json"),
        ("", 400, "invalid_json"),
        ("{} {}", 400, "invalid_json"),
        (&*json!({ "window": "x".repeat(20_000) }).to_string(), 413, "unreadable_body"),
        ("{ \"min_calls\": 5, \"min_calls\": 6 }", 422, "invalid_settings"),
    ] {
        let answer = problem(ask(request("PUT", id, body)).await).await;
        assert_eq!(answer, (status, json!(reason)), "{body:.40}");
    }
    assert_eq!(get(id).await.0, before);
    assert_eq!(breaker.config().open_for(), Duration::from_secs(5));
    let mut reader = request("PUT", id, "{}");
    let bearer = format!("Bearer {READER}").parse().unwrap();
    reader.headers_mut().insert("authorization", bearer);
    assert_eq!(problem(ask(reader).await).await, (403, json!("read_only")));
    assert_eq!(problem(put(u64::MAX, &json!({})).await).await, (404, json!("policy_not_found")));
}

#[tokio::test(start_paused = true)]
async fn a_page_of_another_origin_and_a_foreign_host_neither_read_nor_replace_settings() {
    let name = Name::from_static("settings-foreign");
    let breaker = CircuitBreakerHandle::standalone(name, Config::default());
    let id = id_of(name.as_str()).await;
    for method in ["GET", "PUT"] {
        for (header, value, status, reason) in FOREIGN {
            let mut request = request(method, id, "{ \"min_calls\": 7 }");
            match value {
                Some(value) => drop(request.headers_mut().insert(header, value.parse().unwrap())),
                None => drop(request.headers_mut().remove(header)),
            }
            let response = ask(request).await;
            if (method, header) == ("GET", COMMAND_HEADER.as_str()) {
                assert_eq!(response.status().as_u16(), 200, "whoever only looks sends no command");
                continue;
            }
            assert_eq!(problem(response).await, (status, json!(reason)), "{method} {header}");
        }
    }
    assert_eq!(breaker.config().min_calls(), 20, "none of them has changed it");
}

#[tokio::test(start_paused = true)]
async fn of_two_who_have_seen_the_same_settings_the_second_is_refused() {
    let name = Name::from_static("settings-two");
    let budget = RetryBudget::token(name, TokenBudget::default());
    let retry = RetryLayer::new(name, retry::Config::default()).budget(budget.clone());
    let timeout = TimeoutLayer::new(name, Duration::from_secs(1));
    let _services = (timeout.layer(()), DeadlineLayer::new(name, Duration::from_secs(2)).layer(()));
    let _breaker = CircuitBreakerHandle::standalone(name, Config::default());
    for (kind, first, second) in [
        ("circuit_breaker", json!({ "min_calls": 7 }), json!({ "min_calls": 8 })),
        ("retry", json!({ "max_attempts": 7 }), json!({ "max_attempts": 8 })),
        ("retry_budget", json!({ "min_per_sec": 7 }), json!({ "min_per_sec": 8 })),
        ("timeout", json!({ "limit": "7s" }), json!({ "limit": "8s" })),
        ("deadline", json!({ "limit": "7s" }), json!({ "limit": "8s" })),
    ] {
        let id = id_of(&format!("{name}&kind={kind}")).await;
        let (_, tag) = get(id).await;
        assert_eq!(put_if(id, &first, &tag).await.status().as_u16(), 200, "{kind}");
        let (known, other) = get(id).await;
        let late = put_if(id, &second, &tag).await;
        assert_eq!(problem(late).await, (412, json!("settings_changed")), "{kind}");
        assert_eq!(get(id).await.0, known, "{kind}");
        assert_eq!(put_if(id, &second, &format!("\"0\", {other}")).await.status().as_u16(), 200);
        assert_eq!(put_if(id, &first, "*").await.status().as_u16(), 200, "{kind}");
    }
    assert_eq!(retry.handle().config().max_attempts(), 7);
    assert_eq!(budget.token_config().unwrap().min_per_sec(), 7);
    assert_eq!(timeout.handle().in_force(), Some(Duration::from_secs(7)));
}

#[tokio::test(start_paused = true)]
async fn of_many_at_once_with_the_same_tag_one_alone_replaces_the_settings() {
    let name = Name::from_static("settings-race");
    let timeout = TimeoutLayer::new(name, Duration::from_secs(1));
    let _service = timeout.layer(());
    let _breaker = CircuitBreakerHandle::standalone(name, Config::default());
    let budget = RetryBudget::token(name, TokenBudget::default());
    let retry = RetryLayer::new(name, retry::Config::default()).budget(budget.clone());
    let kinds = ["timeout", "circuit_breaker", "retry", "retry_budget"];
    // Other numbers than those of the round before: what is in force must change to have another tag.
    let rounds = [50..58, 60..68].into_iter().cycle().take(24);
    for (kind, numbers) in
        kinds.into_iter().flat_map(|kind| rounds.clone().map(move |it| (kind, it)))
    {
        let id = id_of(&format!("{name}&kind={kind}")).await;
        let (_, tag) = get(id).await;
        let start = Barrier::new(numbers.len());
        let client = |number: u32| {
            let settings = match kind {
                "timeout" => json!({ "limit": format!("{number}s") }),
                "retry" => json!({ "max_attempts": number }),
                "retry_budget" => json!({ "min_per_sec": number }),
                _ => json!({ "min_calls": number }),
            };
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            start.wait();
            runtime.block_on(put_if(id, &settings, &tag)).status().as_u16()
        };
        let won = std::thread::scope(|scope| {
            let client = &client;
            let clients: Vec<_> =
                numbers.map(|number| scope.spawn(move || client(number))).collect();
            let statuses = clients.into_iter().map(|client| client.join().unwrap());
            statuses.filter(|status| *status == 200).count()
        });
        assert_eq!(won, 1, "{kind}");
    }
    assert!(retry.handle().config().max_attempts() >= 50);
    assert!(budget.token_config().unwrap().min_per_sec() >= 50);
}

#[tokio::test(start_paused = true)]
async fn a_function_in_code_is_named_and_stays_until_data_takes_its_place() {
    let name = Name::from_static("settings-functions");
    let config = Config::builder().open_for_fn(|_| Some(Duration::from_secs(9)));
    let config = config.open_for(Duration::from_secs(90)).build().unwrap();
    let breaker = CircuitBreakerHandle::standalone(name, config);
    let growth = Growth::custom(|_| Some(Duration::from_secs(7)));
    let backoff = Backoff::builder().growth(growth.clone()).build().unwrap();
    let config = retry::Config::builder().backoff(backoff).build().unwrap();
    let retry = RetryLayer::new(name, config);

    let id = id_of(&format!("{name}&kind=circuit_breaker")).await;
    let (state, _) = get(id).await;
    assert_eq!((not_shown(&state), state.settings.get("open_for")), (vec!["open_for"], None));
    let mut settings = state.settings;
    settings["min_calls"] = 7.into();
    assert_eq!(put(id, &settings).await.status().as_u16(), 200);
    breaker.open();
    assert_eq!(breaker.snapshot().time_left, Some(Duration::from_secs(9)), "asked for, as before");
    assert_eq!((breaker.config().min_calls(), breaker.config().open_for().as_secs()), (7, 90));
    settings["open_for"] = "30s".into();
    settings["open_jitter"] = 0.into();
    put(id, &settings).await;
    breaker.reset();
    breaker.open();
    assert_eq!(breaker.snapshot().time_left, Some(Duration::from_secs(30)));
    assert_eq!(not_shown(&get(id).await.0), Vec::<&str>::new());

    let id = id_of(&format!("{name}&kind=retry")).await;
    let (state, _) = get(id).await;
    assert_eq!(not_shown(&state), ["backoff.growth", "idempotency", "resend_unsent"]);
    assert_eq!(state.settings["backoff"].get("growth"), None);
    put(id, &json!({ "max_attempts": 7, "backoff": { "initial": "1s" } })).await;
    let config = retry.handle().config();
    assert_eq!((config.max_attempts(), config.backoff().growth()), (7, &growth));
    assert_eq!(config.backoff().initial(), Duration::from_secs(1));
    put(id, &json!({ "backoff": { "growth": "linear" } })).await;
    assert_eq!(retry.handle().config().backoff().growth(), &Growth::Linear);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_change_while_calls_run_is_a_mistake_with_the_others() {
    let name = Name::from_static("settings-fixed");
    let config = TokenBudget::builder().ttl(Duration::from_secs(30)).build().unwrap();
    let budget = RetryBudget::token(name, config);
    let retry = RetryLayer::new(name, retry::Config::default()).budget(budget.clone());
    let timeout = TimeoutLayer::new(name, Duration::from_secs(1));
    let _service = timeout.layer(());
    let of = async |kind: &str| id_of(&format!("{name}&kind={kind}")).await;
    let id = of("retry").await;
    let settings = json!({ "idempotency": "all", "max_attempts": 0, "resend_unsent": false });
    let policy = "absent: the policy of the layer has it; it does not change while calls run";
    assert_eq!(
        mistakes(id, &settings).await,
        [
            format!("idempotency is \"all\", but must be {policy}"),
            "max_attempts is 0, but must be 1 to 100".to_owned(),
            format!("resend_unsent is false, but must be {policy}"),
        ]
    );
    retry.handle().switch_off();
    put(id, &json!({ "max_attempts": 2 })).await;
    assert!(!retry.handle().is_on(), "retry that is switched off stays so");

    let id = of("retry_budget").await;
    let settings =
        json!({ "kind": "share", "ttl": "10s", "max_ratio": 0.5, "min_per_sec": 200_000 });
    assert_eq!(
        mistakes(id, &settings).await,
        [
            "kind is \"share\", but must be \"token\", as the budget was made",
            "max_ratio is 0.5, but must be absent from a budget of kind token",
            "min_per_sec is 200000, but must be 0 to 100000",
            "ttl is 10s, but must be 30s, as the budget was made",
        ]
    );
    assert_eq!(put(id, &json!({ "ratio": 0.05 })).await.status().as_u16(), 200);
    let config = budget.token_config().unwrap();
    assert_eq!((config.ratio(), config.ttl()), (Ratio::percent(5), Duration::from_secs(30)));

    let id = of("timeout").await;
    assert_eq!(not_shown(&get(id).await.0), ["spare_last_attempt"]);
    assert_eq!(
        mistakes(id, &json!({})).await,
        ["limit is unset, but must be set: a duration such as \"250ms\""]
    );
    assert_eq!(mistakes(id, &json!({ "limit": "2s", "spare_last_attempt": true })).await.len(), 1);
    assert!(!timeout.handle().is_set(), "nothing has changed");
}

#[tokio::test(start_paused = true)]
async fn a_policy_without_a_table_says_why_and_a_fixed_one_is_read_alone() {
    let name = Name::from_static("settings-none");
    let _faults = FaultLayer::new(name, FaultSwitch::new());
    let budgets = [
        RetryBudget::share(Name::from_static("settings-share"), ShareBudget::default()),
        RetryBudget::cost(Name::from_static("settings-cost"), CostBudget::default()),
    ];
    let fault = id_of(name.as_str()).await;
    for method in ["GET", "PUT"] {
        let answer = problem(ask(request(method, fault, "{}")).await).await;
        assert_eq!(answer, (409, json!("not_for_this_policy")));
    }
    for (budget, (setting, value)) in
        budgets.iter().zip([("max_ratio", json!(0.2)), ("capacity", json!(500))])
    {
        let id = id_of(budget.name().as_str()).await;
        assert_eq!(get(id).await.0.settings[setting], value);
        assert_eq!(problem(put(id, &json!({})).await).await, (409, json!("not_for_this_policy")));
    }
    #[cfg(feature = "keyed")]
    {
        use crate::circuit_breaker::keyed::KeyedCircuitBreakerHandle;

        let name = Name::from_static("settings-keyed");
        let _keyed = KeyedCircuitBreakerHandle::standalone(name, Config::default());
        let keyed = id_of(name.as_str()).await;
        let answer = problem(put(keyed, &json!({})).await).await;
        assert_eq!(answer, (409, json!("not_for_this_policy")));
    }
}

#[tokio::test(start_paused = true)]
async fn who_replaced_settings_is_an_event_and_who_was_refused_is_none() {
    let _alone = crate::event::log::ALONE.acquire().await.unwrap();
    events_after(0, 0);
    let name = Name::from_static("settings-events");
    let _breaker = CircuitBreakerHandle::standalone(name, Config::default());
    let id = id_of(name.as_str()).await;
    put(id, &json!({ "min_calls": 0 })).await;
    put_if(id, &json!({ "min_calls": 7 }), "\"0\"").await;
    put(id, &json!({ "min_calls": 7 })).await;
    let events = events_after(0, 1_024).events.into_iter();
    let mine: Vec<_> =
        events.filter(|event| event.policy == name.as_str()).map(|event| event.happened).collect();
    let expected = HappenedState::Commanded {
        kind: "circuit_breaker".to_owned(),
        command: "replace_settings".to_owned(),
        by: "ann".to_owned(),
    };
    assert_eq!(mine, [expected]);
}
