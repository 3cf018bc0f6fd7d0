//! The layers around a real client and in front of a real server, over loopback.

#![cfg(all(feature = "http", feature = "reqwest"))]

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{Router, http::StatusCode, routing::get};
use resilience::{
    Error, Name, Reason,
    circuit_breaker::{self, CircuitBreakerLayer},
    deadline::DeadlineLayer,
    http::ReqwestService,
    lift::LiftLayer,
    respond::RespondLayer,
    retry::{self, RetryLayer},
    timeout::TimeoutLayer,
};
use tower::{Service, ServiceBuilder, ServiceExt};

const NAME: Name = Name::from_static("http-test");

async fn serve(app: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

fn client(
    breaker: circuit_breaker::Config,
) -> impl Service<
    http::Request<String>,
    Response = http::Response<reqwest::Body>,
    Error = Error<reqwest::Error>,
    Future: Send,
> + Clone {
    let builder = reqwest::Client::builder().retry(reqwest::retry::never());
    let client = builder.build().expect("no TLS to set up");
    ServiceBuilder::new()
        .layer(DeadlineLayer::new(NAME, Duration::from_secs(30)))
        .layer(RetryLayer::http(NAME, retry::Config::default()))
        .layer(CircuitBreakerLayer::http(NAME, breaker))
        .layer(TimeoutLayer::new(NAME, Duration::from_secs(10)))
        .layer(LiftLayer)
        .service(ReqwestService::new(client))
}

fn request(address: SocketAddr) -> http::Request<String> {
    http::Request::get(format!("http://{address}/")).body(String::new()).expect("a valid URL")
}

#[tokio::test]
async fn a_failure_by_chance_is_retried_over_a_real_connection() {
    let calls = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&calls);
    let flaky = get(move || {
        let call = counter.fetch_add(1, Ordering::Relaxed);
        async move { if call == 0 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK } }
    });
    let address = serve(Router::new().route("/", flaky)).await;
    let response = client(circuit_breaker::Config::default()).oneshot(request(address)).await;
    assert_eq!(response.unwrap().status(), 200);
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_dead_server_opens_the_breaker_and_the_error_keeps_its_type() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let config = circuit_breaker::Config::builder().consecutive_failures(3).build().unwrap();
    let client = client(config);
    match client.clone().oneshot(request(address)).await.unwrap_err() {
        Error::Inner(error) => assert!(error.is_connect(), "{error:?}"),
        Error::Rejected(rejected) => panic!("three attempts were allowed: {rejected}"),
    }
    match client.oneshot(request(address)).await.unwrap_err() {
        Error::Rejected(rejected) => assert_eq!(rejected.reason(), Reason::CircuitOpen),
        Error::Inner(error) => panic!("the breaker should be open: {error}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_router_that_takes_too_long_answers_504_with_a_problem() {
    let app: Router = Router::new().route("/", get(std::future::pending::<StatusCode>)).layer(
        ServiceBuilder::new()
            .layer(RespondLayer)
            .layer(DeadlineLayer::new(NAME, Duration::from_secs(2)))
            .layer(LiftLayer),
    );
    let request = axum::extract::Request::get("/").body(axum::body::Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
    let body = axum::body::to_bytes(response.into_body(), 1_000).await.unwrap();
    let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(problem["reason"], "deadline_exceeded");
}
