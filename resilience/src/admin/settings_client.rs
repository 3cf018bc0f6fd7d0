//! What tests ask the routes of settings with.

use axum::body::Body;
use http::{Request, Response};
use serde_json::Value;

use super::{
    COMMAND_HEADER,
    tests::{OPERATOR, ask, json_of},
};
use crate::wire::{Replaced, SettingsMistake, SettingsState};

pub(super) fn request(method: &str, id: u64, body: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(format!("/policies/{id}/settings"))
        .header("host", "localhost:9900")
        .header("authorization", format!("Bearer {OPERATOR}"))
        .header(COMMAND_HEADER, "1")
        .body(Body::from(body.to_owned()))
        .unwrap()
}

/// The settings in force and their tag.
pub(super) async fn get(id: u64) -> (SettingsState<Value>, String) {
    let response = ask(request("GET", id, "")).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["cache-control"]),
        (200, &"no-store".parse().unwrap())
    );
    let tag = response.headers()["etag"].to_str().unwrap().to_owned();
    (serde_json::from_value(json_of(response).await).unwrap(), tag)
}

pub(super) async fn put(id: u64, settings: &Value) -> Response<Body> {
    ask(request("PUT", id, &settings.to_string())).await
}

pub(super) async fn put_if(id: u64, settings: &Value, tag: &str) -> Response<Body> {
    let mut request = request("PUT", id, &settings.to_string());
    request.headers_mut().insert("if-match", tag.parse().unwrap());
    ask(request).await
}

/// What is told of settings that were replaced.
pub(super) async fn replaced(response: Response<Body>) -> Replaced<Value> {
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(response.headers()["cache-control"], "no-store");
    // It would say that they are in force as they were sent.
    assert_eq!(response.headers().get("etag"), None);
    serde_json::from_value(json_of(response).await).unwrap()
}

/// The mistakes for which settings are refused, sorted: JSON has no order of names.
pub(super) async fn mistakes(id: u64, settings: &Value) -> Vec<String> {
    let response = put(id, settings).await;
    assert_eq!(response.status().as_u16(), 422, "{settings}");
    let problem = json_of(response).await;
    assert_eq!(problem["reason"], "invalid_settings");
    let mistakes: Vec<SettingsMistake> =
        serde_json::from_value(problem["mistakes"].clone()).unwrap();
    let mut lines: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(problem["detail"], lines.join("; "), "people are told the same");
    lines.sort_unstable();
    lines
}

pub(super) async fn problem(response: Response<Body>) -> (u16, Value) {
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let status = response.status().as_u16();
    (status, json_of(response).await["reason"].take())
}

pub(super) fn not_shown(state: &SettingsState<Value>) -> Vec<&str> {
    state.not_shown.iter().map(|one| &*one.setting).collect()
}
