//! Every answer of the contract, without a network.

use axum::{Router, body::Body};
use clap::Parser as _;
use http::{Method, Request, StatusCode};
use kit::testing::{Answer, ask};
use serde_json::{Value, json};
use tempfile::TempDir;
use user::{App, Config};

use super::{UNPROCESSABLE, ann};

async fn app() -> (TempDir, App) {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("user.db");
    let config = Config::parse_from(["user", "--database", database.to_str().unwrap()]);
    (folder, user::build(&config).await.unwrap())
}

async fn get(router: &Router, path: &str) -> Answer {
    ask(router, Request::get(path).body(Body::empty()).unwrap()).await
}

async fn post(router: &Router, body: impl Into<Body>) -> Answer {
    let request = Request::post("/users").header("content-type", "application/json");
    ask(router, request.body(body.into()).unwrap()).await
}

#[tokio::test]
async fn a_user_is_made_and_read() {
    let (_folder, app) = app().await;
    let made = post(&app.router, ann().to_string()).await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!((&made.json()["name"], &made.json()["email"]), (&json!("Ann"), &ann()["email"]));
    let read = get(&app.router, made.header("location")).await;
    assert_eq!((read.status, read.json()), (StatusCode::OK, made.json()));
}

#[tokio::test]
async fn an_address_has_one_user_however_it_is_spelt() {
    let (_folder, app) = app().await;
    post(&app.router, ann().to_string()).await;
    let other = json!({ "name": "Other", "email": "ANN@example.com" }).to_string();
    let refused = post(&app.router, other).await;
    assert_eq!((refused.status, &*refused.reason()), (StatusCode::CONFLICT, "email_taken"));
}

#[tokio::test]
async fn an_unknown_user_is_not_found() {
    let (_folder, app) = app().await;
    for id in ["0197b2a0-0000-7000-8000-000000000000", "seven", "%00"] {
        let answer = get(&app.router, &format!("/users/{id}")).await;
        assert_eq!((answer.status, &*answer.reason()), (StatusCode::NOT_FOUND, "user_not_found"));
    }
}

#[tokio::test]
async fn a_wrong_body_is_told_what_is_wrong_with_it() {
    let (_folder, app) = app().await;
    let long = format!(r#"{{"name":"Ann","email":"{}"}}"#, "a".repeat(17 * 1024));
    let cases = [
        ("{", StatusCode::BAD_REQUEST, "invalid_json", json!(null)),
        (&*long, StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", json!(null)),
        (r#"{"name":"Ann"}"#, UNPROCESSABLE, "invalid_fields", json!("email")),
        (r#"{"name":7,"email":"a@b"}"#, UNPROCESSABLE, "invalid_fields", json!("name")),
        (r#"{"name":"A","email":"a@b","x":1}"#, UNPROCESSABLE, "invalid_fields", json!("x")),
        (r#"{"name":"","email":"a@b"}"#, UNPROCESSABLE, "invalid_fields", json!("name")),
    ];
    for (body, status, reason, field) in cases {
        let answer = post(&app.router, body.to_owned()).await;
        assert_eq!((answer.status, &*answer.reason()), (status, reason), "{body:.80}");
        assert_eq!(answer.json()["errors"][0]["field"], field, "{body:.80}");
    }
    let untyped = Request::post("/users").body(Body::from(ann().to_string())).unwrap();
    let answer = ask(&app.router, untyped).await;
    assert_eq!(answer.reason(), "unsupported_media_type");
}

#[tokio::test]
async fn pages_hold_every_user_once_in_the_order_they_came() {
    let (_folder, app) = app().await;
    let mut made = Vec::new();
    for n in 0..5 {
        let user = json!({ "name": format!("User {n}"), "email": format!("{n}@example.com") });
        made.push(post(&app.router, user.to_string()).await.json());
    }
    let (mut seen, mut path) = (Vec::new(), "/users?limit=2".to_owned());
    loop {
        let page = get(&app.router, &path).await.json();
        seen.extend(page["users"].as_array().unwrap().clone());
        match &page["next"] {
            Value::String(next) => path = format!("/users?limit=2&after={next}"),
            end => break assert!(end.is_null()),
        }
    }
    assert_eq!(seen, made);
}

#[tokio::test]
async fn a_wrong_page_is_told_its_range() {
    let (_folder, app) = app().await;
    for query in ["limit=0", "limit=201", "limit=x", "after=7"] {
        let answer = get(&app.router, &format!("/users?{query}")).await;
        assert_eq!((answer.status, &*answer.reason()), (UNPROCESSABLE, "invalid_fields"));
        let field = query.split('=').next().unwrap();
        assert_eq!(answer.json()["errors"][0]["field"], field);
    }
}

#[tokio::test]
async fn what_has_no_route_is_a_problem_too() {
    let (_folder, app) = app().await;
    assert_eq!(get(&app.router, "/nowhere").await.reason(), "route_not_found");
    let delete = Request::builder().method(Method::DELETE).uri("/users").body(Body::empty());
    let answer = ask(&app.router, delete.unwrap()).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.reason(), "method_not_allowed");
    assert!(answer.header("allow").contains("POST"));
}

#[tokio::test]
async fn readiness_is_that_of_the_database() {
    let (_folder, app) = app().await;
    let ready = get(&app.router, "/health/ready").await;
    assert_eq!(
        ready.json(),
        json!({ "status": "ready", "checks": { "database": "ok", "writes": "ok", "file": "ok" } })
    );
    app.database.close().await;
    let closed = get(&app.router, "/health/ready").await;
    assert_eq!(closed.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        closed.json(),
        json!({ "status": "not_ready", "checks": { "database": "failed", "writes": "failed", "file": "ok" } })
    );
    assert_eq!(get(&app.router, "/health/live").await.json(), json!({ "status": "live" }));
}

#[tokio::test]
async fn a_failure_of_the_database_tells_the_caller_nothing() {
    let (_folder, app) = app().await;
    app.database.close().await;
    let answer = post(&app.router, ann().to_string()).await;
    assert_eq!((answer.status, &*answer.reason()), (StatusCode::INTERNAL_SERVER_ERROR, "internal"));
    assert!(!answer.text.contains("pool"), "{}", answer.text);
}

#[tokio::test]
async fn the_description_has_every_route_and_its_problems() {
    let (_folder, app) = app().await;
    let api = get(&app.router, "/openapi.json").await.json();
    let operations = [
        ("/users", "post", &["201", "400", "408", "409", "413", "415", "422", "500", "503"][..]),
        ("/users", "get", &["200", "400", "422", "500", "503"]),
        ("/users/{id}", "get", &["200", "404", "500", "503"]),
        ("/health/live", "get", &["200"]),
        ("/health/ready", "get", &["200", "503"]),
        ("/metrics", "get", &["200"]),
        ("/state", "get", &["200"]),
    ];
    for (path, method, statuses) in operations {
        let responses = api["paths"][path][method]["responses"].as_object().unwrap();
        assert_eq!(responses.keys().collect::<Vec<_>>(), statuses, "{method} {path}");
        let problems = responses.iter().filter(|(status, _)| status.as_str() >= "400");
        for (status, response) in problems.filter(|_| path.starts_with("/users")) {
            let problem = &response["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(problem, "#/components/schemas/Problem", "{method} {path} {status}");
        }
    }
}
