//! The breakers of single keys, listed and told through the page.

use axum::{
    Json, Router,
    http::StatusCode,
    routing::{get, post},
};
use reqwest::RequestBuilder;
use resilience::{
    Name,
    circuit_breaker::{State, keyed::KeyedCircuitBreakerHandle},
};
use serde_json::{Value, json};

use super::{
    lines::{Lines, text},
    tests::{Dashboard, OPERATOR, said, serve},
};

/// A policy with breakers by key, and the number by which this process lists it.
fn keyed(name: &'static str) -> (KeyedCircuitBreakerHandle, u64) {
    let config = resilience::circuit_breaker::Config::default();
    let handle = KeyedCircuitBreakerHandle::standalone(Name::from_static(name), config);
    let listed = resilience::operator::policies();
    let own = listed.iter().find(|listed| listed.name().as_str() == name);
    (handle, own.expect("it is listed").id())
}

async fn told(request: RequestBuilder) -> Value {
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

/// The hidden value behind `name` in the last form of a page.
fn hidden<'a>(html: &'a str, name: &str) -> &'a str {
    let field = format!("name=\"{name}\" value=\"");
    let rest = html.rsplit_once(&field).expect("there is such a field").1;
    rest.split_once('"').expect("its value ends").0
}

#[tokio::test]
async fn the_keys_of_a_policy_are_listed_in_pages_each_once() {
    let (handle, id) = keyed("page-keys");
    for number in 0..45_u64 {
        handle.breaker(number);
    }
    let dashboard = Dashboard::real().await;
    let first = Lines::of(dashboard.live(OPERATOR)).await.next().await;
    let article = first["articles"][format!("policy-0-{id}")].as_str().unwrap();
    assert!(article.contains(&format!("data-to=\"/policies/order/{id}/keys\"")), "{article}");

    let (mut after, mut pages, mut seen) = (String::new(), Vec::new(), 0);
    loop {
        let page = dashboard.command(OPERATOR, format!("{id}/keys"), &json!({ "after": after }));
        let page = told(page).await;
        let html = page["regions"][format!("keys-0-{id}")].as_str().unwrap().to_owned();
        seen += html.matches("<li>").count();
        pages.push(text(&page["said"]));
        if !html.contains("Next keys") {
            break;
        }
        after = hidden(&html, "after").to_owned();
    }
    assert_eq!(seen, 45);
    let of = |count, more| format!("{count} keys{more}, as they were when they were asked for.");
    let more = ", and there are more";
    assert_eq!(pages, [of(20, more), of(20, more), of(5, "")]);
}

#[tokio::test]
async fn the_breaker_of_one_key_is_told_and_no_other() {
    let (handle, id) = keyed("page-one-key");
    let key = "host é/?&#%2F..";
    let (own, other) = (handle.breaker(key), handle.breaker("other"));
    let dashboard = Dashboard::real().await;
    let form = json!({ "command": "force_open", "key": format!("t{key}"), "after": "" });
    let tell = |form: &Value| dashboard.command(OPERATOR, format!("{id}/key"), form);
    let answer = told(tell(&form)).await;
    assert_eq!(text(&answer["said"]), "✓ Done: force open. It is forced open.");
    assert_eq!(answer["regions"].as_object().unwrap().len(), 2, "all keys of the page are told");
    assert_eq!((own.snapshot().state, other.snapshot().state), (State::ForcedOpen, State::Closed));

    let gone = json!({ "command": "close", "key": "tnobody" });
    let (status, told) = said(tell(&gone)).await;
    assert_eq!(status, 404);
    assert!(told.starts_with("✗ That key is gone."), "{told}");
    let wrong = json!({ "command": "switch_off", "key": "tother" });
    assert_eq!(said(tell(&wrong)).await.0, 409);
    assert_eq!(other.snapshot().state, State::Closed);
}

#[tokio::test]
async fn a_command_that_was_carried_out_is_told_so_though_the_list_cannot_be_read() {
    let gone = (StatusCode::CONFLICT, Json(json!({ "reason": "page_is_gone", "detail": "begin" })));
    let service = Router::new()
        .route("/policies/{id}/keys/{key}", post(StatusCode::NO_CONTENT))
        .route("/policies/{id}/keys", get(async move || gone));
    let dashboard = Dashboard::before(&[("order", &serve(service).await)]).await;
    let form = json!({ "command": "force_open", "key": "n7", "after": "n5" });
    let (status, told) = said(dashboard.command(OPERATOR, "1/key", &form)).await;
    assert_eq!((status, &*told), (200, "✓ Done: force open. How it is since could not be read."));
}
