//! Every answer of the contract that needs no process.

use axum::{Router, body::Body};
use clap::Parser as _;
use http::{Request, StatusCode};
use kit::testing::{Answer, ask};
use order::{App, Config};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    client::{USER, tea},
    users::{Mode, Users},
};

async fn app(users: &Users) -> (TempDir, App) {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("order.db");
    let args = ["order", "--users-url", &users.url, "--database", database.to_str().unwrap()];
    (folder, order::build(&Config::parse_from(args)).await.unwrap())
}

async fn get(router: &Router, path: &str) -> Answer {
    ask(router, Request::get(path).body(Body::empty()).unwrap()).await
}

async fn post(router: &Router, key: &str, body: impl Into<Body>) -> Answer {
    let request = Request::post("/orders").header("content-type", "application/json");
    ask(router, request.header("idempotency-key", key).body(body.into()).unwrap()).await
}

async fn cancel(router: &Router, id: &str) -> Answer {
    let request = Request::post(format!("/orders/{id}/cancel")).body(Body::empty());
    ask(router, request.unwrap()).await
}

#[tokio::test]
async fn an_order_is_placed_and_read() {
    let users = Users::start().await;
    let (_folder, app) = app(&users).await;
    let placed = post(&app.router, "k1", tea().to_string()).await;
    assert_eq!(placed.status, StatusCode::CREATED);
    let order = placed.json();
    assert_eq!(
        (&order["user_id"], &order["item"], &order["quantity"], &order["status"]),
        (&json!(USER), &json!("tea"), &json!(2), &json!("placed"))
    );
    assert_eq!(placed.header("idempotency-replayed"), "");
    let read = get(&app.router, placed.header("location")).await;
    assert_eq!((read.status, read.json()), (StatusCode::OK, order));
    assert_eq!(users.callers(), ["order-guarded"]);
}

#[tokio::test]
async fn cancelling_twice_is_cancelling_once() {
    let users = Users::start().await;
    let (_folder, app) = app(&users).await;
    let placed = post(&app.router, "k1", tea().to_string()).await;
    let order = placed.json();
    let id = order["id"].as_str().unwrap();
    for _ in 0..2 {
        let cancelled = cancel(&app.router, id).await;
        assert_eq!(
            (cancelled.status, &cancelled.json()["status"]),
            (StatusCode::OK, &json!("cancelled"))
        );
    }
    assert_eq!(get(&app.router, placed.header("location")).await.json()["status"], "cancelled");
    let replayed = post(&app.router, "k1", tea().to_string()).await;
    assert_eq!(replayed.text, placed.text, "a repetition gets the answer of the first");
}

#[tokio::test]
async fn an_unknown_order_is_not_found() {
    let users = Users::start().await;
    let (_folder, app) = app(&users).await;
    for id in [USER, "seven"] {
        for answer in
            [get(&app.router, &format!("/orders/{id}")).await, cancel(&app.router, id).await]
        {
            assert_eq!(
                (answer.status, &*answer.reason()),
                (StatusCode::NOT_FOUND, "order_not_found")
            );
        }
    }
}

#[tokio::test]
async fn a_wrong_request_is_told_what_is_wrong_and_asks_nobody() {
    const UNPROCESSABLE: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
    let users = Users::start().await;
    let (_folder, app) = app(&users).await;
    let long = format!("{{\"item\":\"{}\"}}", "a".repeat(17 * 1024));
    let with = |field: &str, value: Value| {
        let mut body = tea();
        body[field] = value;
        body.to_string()
    };
    let cases = [
        ("{".to_owned(), StatusCode::BAD_REQUEST, "invalid_json", json!(null)),
        (long, StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", json!(null)),
        (with("quantity", json!(0)), UNPROCESSABLE, "invalid_fields", json!("quantity")),
        (with("quantity", json!(1001)), UNPROCESSABLE, "invalid_fields", json!("quantity")),
        (with("quantity", json!(1.5)), UNPROCESSABLE, "invalid_fields", json!("quantity")),
        (with("item", json!("")), UNPROCESSABLE, "invalid_fields", json!("item")),
        (with("user_id", json!("me")), UNPROCESSABLE, "invalid_fields", json!("user_id")),
        (with("price", json!(1)), UNPROCESSABLE, "invalid_fields", json!("price")),
    ];
    for (body, status, reason, field) in cases {
        let answer = post(&app.router, "k1", body.clone()).await;
        assert_eq!((answer.status, &*answer.reason()), (status, reason), "{body:.80}");
        assert_eq!(answer.json()["errors"][0]["field"], field, "{body:.80}");
    }
    let bad_key = post(&app.router, "a b", tea().to_string()).await;
    assert_eq!(bad_key.reason(), "idempotency_key_invalid");
    let typed = || Request::post("/orders").header("content-type", "application/json");
    let body = || Body::from(tea().to_string());
    let without = ask(&app.router, typed().body(body()).unwrap()).await;
    assert_eq!(
        (without.status, &*without.reason()),
        (StatusCode::BAD_REQUEST, "idempotency_key_missing")
    );
    let two = typed().header("idempotency-key", "a").header("idempotency-key", "b");
    let two = ask(&app.router, two.body(body()).unwrap()).await;
    assert_eq!(two.reason(), "idempotency_key_invalid");
    assert_eq!(users.count(), 0);
}

#[tokio::test]
async fn a_failed_attempt_leaves_its_key_free() {
    let users = Users::start().await;
    let (_folder, app) = app(&users).await;
    users.set(Mode::Unknown);
    let unknown = post(&app.router, "k1", tea().to_string()).await;
    assert_eq!((unknown.status.as_u16(), &*unknown.reason()), (422, "user_not_found"));
    for mode in [Mode::Fails(500), Mode::Fails(404), Mode::Endless] {
        users.set(mode);
        let failed = post(&app.router, "k1", tea().to_string()).await;
        assert_eq!(
            (failed.status.as_u16(), &*failed.reason()),
            (503, "user_service_unavailable"),
            "{mode:?}"
        );
        assert_eq!((failed.header("retry-after"), failed.header("x-refused-by")), ("1", ""));
    }
    users.set(Mode::Known);
    let other = json!({ "user_id": USER, "item": "coffee", "quantity": 1 });
    assert_eq!(post(&app.router, "k1", other.to_string()).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn pages_hold_every_order_once_also_those_of_one_user() {
    let users = Users::start().await;
    let (_folder, app) = app(&users).await;
    let other = "0197b2a0-0000-7000-8000-000000000002";
    let mut placed = Vec::new();
    for n in 0..7 {
        let mut body = tea();
        body["user_id"] = json!(if n % 2 == 0 { USER } else { other });
        placed.push(post(&app.router, &format!("k{n}"), body.to_string()).await.json());
    }
    for (filter, wanted) in
        [("", None), ("&user_id=0197b2a0-0000-7000-8000-000000000002", Some(other))]
    {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = get(&app.router, &format!("/orders?limit=2{filter}{after}")).await.json();
            seen.extend(page["orders"].as_array().unwrap().clone());
            match &page["next"] {
                Value::String(next) => after = format!("&after={next}"),
                end => break assert!(end.is_null()),
            }
        }
        let wanted = placed.iter().filter(|o| wanted.is_none_or(|user| o["user_id"] == user));
        assert_eq!(seen, wanted.cloned().collect::<Vec<_>>());
    }
    for query in ["limit=0", "limit=201", "after=7", "user_id=me"] {
        let answer = get(&app.router, &format!("/orders?{query}")).await;
        assert_eq!((answer.status.as_u16(), &*answer.reason()), (422, "invalid_fields"));
        let field = query.split('=').next().unwrap();
        assert_eq!(answer.json()["errors"][0]["field"], field);
    }
}

#[tokio::test]
async fn a_failure_of_the_database_tells_the_caller_nothing() {
    let users = Users::start().await;
    let (_folder, app) = app(&users).await;
    app.database.close().await;
    let answer = post(&app.router, "k1", tea().to_string()).await;
    assert_eq!((answer.status.as_u16(), &*answer.reason()), (500, "internal"));
    assert!(!answer.text.contains("pool"), "{}", answer.text);
    assert_eq!(get(&app.router, "/health/ready").await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn the_description_has_every_route_and_its_problems() {
    let users = Users::start().await;
    let (_folder, app) = app(&users).await;
    let api = get(&app.router, "/openapi.json").await.json();
    let operations = [
        (
            "/orders",
            "post",
            &["201", "400", "408", "409", "413", "415", "422", "500", "503", "504"][..],
        ),
        ("/orders", "get", &["200", "400", "422", "500", "503"]),
        ("/orders/{id}", "get", &["200", "404", "500", "503"]),
        ("/orders/{id}/cancel", "post", &["200", "404", "500", "503"]),
        ("/health/live", "get", &["200"]),
        ("/health/ready", "get", &["200", "503"]),
        ("/metrics", "get", &["200"]),
        ("/state", "get", &["200"]),
    ];
    assert_eq!(api["paths"].as_object().unwrap().len(), 7);
    for (path, method, statuses) in operations {
        let responses = api["paths"][path][method]["responses"].as_object().unwrap();
        assert_eq!(responses.keys().collect::<Vec<_>>(), statuses, "{method} {path}");
        let problems = responses.iter().filter(|(status, _)| status.as_str() >= "400");
        for (status, response) in problems.filter(|_| path.starts_with("/orders")) {
            let problem = &response["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(problem, "#/components/schemas/Problem", "{method} {path} {status}");
        }
    }
}
