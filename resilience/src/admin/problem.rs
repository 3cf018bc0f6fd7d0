use axum::response::{IntoResponse, Response};
use http::{
    HeaderValue, Method, StatusCode, Uri,
    header::{CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE},
};
use serde_json::json;

use crate::wire::SettingsMistake;

/// An answer that is no success, as a problem document (RFC 9457).
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    reason: &'static str,
    detail: String,
    mistakes: Vec<SettingsMistake>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, reason: &'static str, detail: impl Into<String>) -> Self {
        Self { status, reason, detail: detail.into(), mistakes: Vec::new() }
    }

    /// With each mistake for programs; it tells of them for people, unless something is told.
    pub(super) fn with_mistakes(mut self, mistakes: Vec<SettingsMistake>) -> Self {
        if self.detail.is_empty() {
            let lines: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
            self.detail = lines.join("; ");
        }
        self.mistakes = mistakes;
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason(),
            "status": self.status.as_u16(),
            "reason": self.reason,
            "detail": self.detail,
        });
        if !self.mistakes.is_empty() {
            body["mistakes"] = json!(self.mistakes);
        }
        let mut response = (self.status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

pub(super) async fn no_route(uri: Uri) -> Problem {
    let detail = format!("no route has the path {}", uri.path());
    Problem::new(StatusCode::NOT_FOUND, "route_not_found", detail)
}

pub(super) async fn no_method(method: Method, uri: Uri) -> Problem {
    let detail = format!("{} does not answer {method}", uri.path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}
