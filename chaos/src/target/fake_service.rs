//! The service in the container of a fake engine: it says that it is ready on one port, and
//! answers operators on another.

use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use resilience::wire::{ArmFault, FaultKind, Flag, FlagState, FlagStatus, FlagsState};

use super::fake_engine::{FakeEngine, Inner};

/// What it answers whoever sends it orders.
pub(super) fn public(engine: FakeEngine) -> Router {
    Router::new()
        .fallback(async move |request: Request| engine.with(|inner| ready(inner, &request)))
}

/// What it answers operators.
pub(super) fn operators(engine: FakeEngine) -> Router {
    Router::new().fallback(async move |request: Request| engine.with(|inner| told(inner, &request)))
}

fn ready(inner: &Inner, request: &Request) -> Response {
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/health/ready") if inner.running => StatusCode::OK.into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn told(inner: &mut Inner, request: &Request) -> Response {
    let commands = request.headers().contains_key("x-resilience-command");
    if !inner.running {
        return StatusCode::NOT_FOUND.into_response();
    }
    if bearer(request.headers()) != Some(inner.token()) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    match (request.method(), request.uri().path().strip_prefix("/flags")) {
        (&Method::GET, Some("")) => Json(flags(inner.flag)).into_response(),
        (&Method::DELETE, Some(_)) if !commands => StatusCode::FORBIDDEN.into_response(),
        (&Method::DELETE, Some(path))
            if inner.flag.is_some() && path.strip_prefix('/') == inner.flag =>
        {
            inner.flag = None;
            inner.calls.push("disarm");
            Json(flags(None)).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")
}

fn flags(set: Option<&str>) -> FlagsState {
    let plan = ArmFault::new(FaultKind::Error { status: 503 }, 1.0, Duration::from_secs(1));
    let flag = Flag { policy: "user".to_owned(), enabled: true, plan };
    let state = |name: &str| FlagState {
        name: name.to_owned(),
        source: "admin".to_owned(),
        status: FlagStatus::Armed,
        time_left: flag.plan.expires_in,
        injected: 0,
        flag: flag.clone(),
    };
    FlagsState { flags: set.map(state).into_iter().collect(), sources: Vec::new() }
}

#[cfg(test)]
mod tests {
    use reqwest::Client;

    use super::*;
    use crate::target::http;

    #[tokio::test]
    async fn a_flag_is_taken_back_with_the_token_and_the_header_alone_and_not_among_the_public() {
        let engine = FakeEngine::start().await;
        let state = engine.container().await.state().await.unwrap().unwrap();
        let (public, operators) = (state.address.unwrap(), state.operators.unwrap());
        assert_ne!(public, operators);
        let http = http::client().unwrap();
        let asked = async |http: &Client, port, token: &str, header: &str| {
            let url = format!("http://{port}/flags/{}", FakeEngine::FLAG);
            let request = http.delete(url).bearer_auth(token).header(header, "1");
            request.send().await.unwrap().status().as_u16()
        };
        let header = "x-resilience-command";
        assert_eq!(asked(&http, public, "secret", header).await, 404);
        assert_eq!(asked(&http, operators, "another", header).await, 401);
        assert_eq!(asked(&http, operators, "secret", "x-other").await, 403);
        assert!(engine.calls().is_empty());
        assert_eq!(asked(&http, operators, "secret", header).await, 200);
        assert_eq!(engine.calls(), ["disarm"]);
    }
}
