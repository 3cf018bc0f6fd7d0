//! What only a process shows: its start, its end, its watch over others.

use std::time::Duration;

use axum::{Json, Router, routing::get};
use kit::testing::{Running, refusal};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tokio::{net::TcpListener, time::timeout};

use super::{BINARY, nowhere, start};

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn the_ready_line_names_what_is_watched() {
    let dashboard = start(&nowhere().await).await;
    assert_eq!(dashboard.ready()["service"], "dashboard");
    assert_eq!(dashboard.ready()["targets"], json!(["gone"]));
}

#[tokio::test]
async fn the_page_for_operators_is_there_when_a_service_answers_them() {
    let without = start(&nowhere().await).await;
    assert_eq!(without.ready()["operates"], Value::Null);
    assert_eq!(reqwest::get(without.url("/policies")).await.unwrap().status(), 404);
    let start_page = reqwest::get(without.url("/")).await.unwrap().text().await.unwrap();
    assert!(!start_page.contains("/policies"));

    let gone = nowhere().await;
    let args = ["--listen", "127.0.0.1:0", "--target", &gone, "--operate", &gone];
    let with = Running::start(BINARY, &args, &[]).await;
    assert_eq!(with.ready()["operates"], json!(["gone"]));
    let page = reqwest::get(with.url("/policies")).await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("form-action 'none'"), "{policy}");
    let page = page.text().await.unwrap();
    let loads = page.split('"').filter(|part| part.starts_with("/assets/"));
    for path in loads {
        assert_eq!(reqwest::get(with.url(path)).await.unwrap().status(), 200, "{path}");
    }
    assert_eq!(reqwest::get(with.url("/policies/live")).await.unwrap().status(), 401);
    let start_page = reqwest::get(with.url("/")).await.unwrap().text().await.unwrap();
    assert!(start_page.contains("href=\"/policies\""));
}

#[tokio::test]
async fn open_streams_do_not_hold_up_the_end() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut dashboard = start(&nowhere().await).await;
        let mut streams = Vec::new();
        for _ in 0..10 {
            let mut stream = reqwest::get(dashboard.url("/events")).await.unwrap();
            assert!(stream.chunk().await.unwrap().is_some(), "it is told at once");
            streams.push(stream);
        }
        dashboard.signal(signal);
        // It waits 10 s for answers, and then it fails.
        assert_eq!(dashboard.ended().await.code(), Some(0));
        for mut stream in streams {
            while let Some(_rest) = stream.chunk().await.expect("it ends as an answer should") {}
        }
    }
}

#[tokio::test]
async fn a_service_is_seen_as_it_comes() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dashboard = start(&format!("user=http://{}", listener.local_addr().unwrap())).await;
    let state = json!({ "service": "user", "variant": null, "pid": 7, "up_for": "3s",
        "run": "00000000-0000-0000-0000-000000000000" });
    let router = Router::new()
        .route("/state", get(|| async { Json(state) }))
        .route("/health/ready", get(|| async { "ready" }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let up = async {
        loop {
            let state: Value =
                reqwest::get(dashboard.url("/state")).await.unwrap().json().await.unwrap();
            if state["services"][0]["health"] == "up" {
                return state;
            }
            tokio::task::yield_now().await;
        }
    };
    let state = timeout(PATIENCE, up).await.expect("it is seen");
    assert_eq!(state["services"][0]["title"], "user");
    assert_eq!(state["services"][0]["pid"], 7);
}

#[tokio::test]
async fn a_wrong_setting_is_one_line_and_code_2() {
    let cases: [(&[&str], &str); 7] = [
        (&["--target", "user"], "'user'"),
        (&["--target", "user=https://users"], "'user=https://users'"),
        (&["--target", "a=http://a", "--target", "a=http://b"], "--target"),
        (&["--every", "10s"], "'10s'"),
        (&["--operate", "user=https://users"], "'user=https://users'"),
        (&["--operate", "a=http://a", "--operate", "a=http://b"], "--operate"),
        (&["--operate-host", "ops.internal"], "--operate"),
    ];
    for (args, named) in cases {
        let (code, told) = refusal(BINARY, args, &[("LISTEN", "127.0.0.1:0")]).await;
        assert_eq!((code, told.lines().count()), (2, 1), "{told}");
        assert!(told.starts_with("error: ") && told.contains(named), "{told}");
    }
}

#[tokio::test]
async fn an_address_that_is_taken_is_one_line_and_code_1() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (code, told) = refusal(BINARY, &["--listen", &address], &[]).await;
    assert_eq!((code, told.lines().count()), (1, 1), "{told}");
    assert!(told.starts_with(&format!("error: cannot listen on {address}: ")), "{told}");
}
