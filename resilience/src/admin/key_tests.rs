use axum::{body::Body, extract::Request, routing::get as route};
use http::StatusCode;
use serde_json::json;
use tower::{Layer as _, ServiceExt as _};

use super::{
    COMMAND_HEADER,
    tests::{OPERATOR, ask, breaker, get, id_of, json_of, refusal},
};
use crate::{
    circuit_breaker::{
        Config, State,
        keyed::{self, KeyedCircuitBreakerHandle, KeyedCircuitBreakerLayer},
    },
    name::Name,
    operator::events_after,
    wire::{HappenedState, KeysState},
};

#[tokio::test]
async fn the_breakers_of_all_keys_come_in_pages_and_each_once() {
    let name = "admin-keyed";
    let keyed = KeyedCircuitBreakerHandle::standalone(Name::from_static(name), Config::default());
    for number in 0..40_u64 {
        keyed.breaker(number);
        keyed.breaker(&*format!("host {number}&?/ä"));
    }
    keyed.breaker(7).force_open();
    let id = id_of(name).await;
    let mut after = String::new();
    let mut seen = Vec::new();
    loop {
        let path = format!("/policies/{id}/keys?limit=30{after}");
        let page = json_of(ask(get(&path).body(Body::empty()).unwrap()).await).await;
        let page: KeysState = serde_json::from_value(page).unwrap();
        seen.extend(page.keys);
        let Some(next) = page.next else { break };
        let encode = |byte: u8| format!("%{byte:02x}");
        after = format!("&after={}", next.bytes().map(encode).collect::<String>());
    }
    let mut keys: Vec<_> = seen.iter().map(|one| one.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!((seen.len(), keys.len()), (80, 80));
    let opened: Vec<_> =
        seen.iter().filter(|one| format!("{:?}", one.breaker).contains("ForcedOpen")).collect();
    assert_eq!(opened.iter().map(|one| &*one.key).collect::<Vec<_>>(), ["7"]);

    let single = breaker("admin-keyless");
    let keyless = id_of("admin-keyless").await;
    for (path, status, reason) in [
        (format!("/policies/{keyless}/keys"), 409, "not_for_this_policy"),
        (format!("/policies/{id}/keys?after=7"), 400, "invalid_query"),
        (format!("/policies/{id}/keys?limit=0"), 400, "invalid_query"),
        ("/policies/0/keys".to_owned(), 404, "policy_not_found"),
    ] {
        let request = get(&path).body(Body::empty()).unwrap();
        assert_eq!(refusal(request).await, (status, reason.to_owned()), "{path}");
    }
    drop(single);
}

/// A command for the breaker of the key with the id `key`.
fn post(id: u64, key: &str, command: &serde_json::Value) -> Request {
    Request::post(format!("/policies/{id}/keys/{key}"))
        .header("host", "127.0.0.1")
        .header("authorization", format!("Bearer {OPERATOR}"))
        .header(COMMAND_HEADER, "1")
        .body(Body::from(command.to_string()))
        .unwrap()
}

#[tokio::test]
async fn the_breaker_of_one_key_is_told_and_no_other() {
    let _alone = crate::event::log::ALONE.acquire().await.unwrap();
    events_after(0, 0);
    let name = "admin-key-told";
    let keyed = KeyedCircuitBreakerHandle::standalone(Name::from_static(name), Config::default());
    let held = [keyed.breaker("7"), keyed.breaker(7), keyed.breaker("a/b")];
    let id = id_of(name).await;
    let open = json!({ "command": "force_open" });
    assert_eq!(ask(post(id, "n7", &open)).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(ask(post(id, "ta%2fb", &open)).await.status(), StatusCode::NO_CONTENT);
    let states = held.map(|breaker| breaker.snapshot().state);
    assert_eq!(states, [State::Closed, State::ForcedOpen, State::ForcedOpen]);

    let events = events_after(0, 1_024).events.into_iter().filter(|event| event.policy == name);
    let by = events.filter_map(|event| match event.happened {
        HappenedState::Commanded { by, .. } => Some(by),
        _ => None,
    });
    assert_eq!(by.collect::<Vec<_>>(), ["ann, key 7", "ann, key a/b"]);

    let (limit, wrong) = (json!({ "command": "clear_limit" }), json!({ "command": "melt" }));
    for (key, command, status, reason) in [
        ("n8", &open, 404, "key_not_found"),
        ("7", &open, 400, "invalid_path"),
        ("n7", &limit, 409, "not_for_this_policy"),
        ("n7", &wrong, 400, "invalid_command"),
    ] {
        assert_eq!(refusal(post(id, key, command)).await, (status, reason.into()), "{key}");
    }
    assert_eq!(keyed.len(), 3, "a key is not made by asking for it");
}

#[tokio::test]
async fn ten_thousand_keys_of_one_client_are_all_served_within_the_cap() {
    const CAP: usize = 100;
    let name = "admin-many-keys";
    let tenants = keyed::by_text(|request: &Request| {
        request.headers().get("x-tenant").and_then(|tenant| tenant.to_str().ok()).unwrap_or("")
    });
    let config = keyed::Config::builder(Config::default()).max_keys(CAP).build().unwrap();
    let layer = KeyedCircuitBreakerLayer::http(Name::from_static(name), config, tenants);
    let routes = axum::Router::new().route("/", route(async || "fine"));
    let service = layer.layer(crate::lift::LiftLayer.layer(routes));
    for tenant in 0..10_000 {
        // Every hundredth is a key that is too long, and counts in the shared breaker.
        let padding = if tenant % 100 == 0 { "x".repeat(1_000) } else { String::new() };
        let request = Request::get("/").header("x-tenant", format!("t{tenant}{padding}"));
        let request = request.body(Body::empty()).unwrap();
        let answer = service.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{tenant}");
    }
    let keyed = layer.handle();
    assert_eq!(keyed.len(), CAP);
    let overflow = keyed.overflow().snapshot().counts;
    assert_eq!(overflow.total, 100, "the keys that are too long, and no other");

    let page = get(&format!("/policies/{}/keys?limit=1000", id_of(name).await));
    let page = json_of(ask(page.body(Body::empty()).unwrap()).await).await;
    assert_eq!(page["keys"].as_array().unwrap().len(), CAP);
    let told = get(&format!("/policies?name={name}")).body(Body::empty()).unwrap();
    let told = json_of(ask(told).await).await;
    assert_eq!(
        (&told["policies"][0]["keys"], &told["policies"][0]["max_keys"]),
        (&json!(CAP), &json!(CAP))
    );
}
