//! Errors as `application/problem+json` (RFC 9457).

use std::{collections::BTreeMap, time::Duration};

use axum::response::{IntoResponse, Response};
use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use serde::Serialize;
use utoipa::ToSchema;

/// Tells a caller that nothing was sent on its behalf, and which policy refused.
pub const REFUSED_BY: HeaderName = HeaderName::from_static("x-refused-by");

/// The media type of every error.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// An error answer: what went wrong, for people and for programs.
///
/// # Examples
///
/// ```
/// use http::StatusCode;
/// use kit::problem::Problem;
///
/// let problem = Problem::new(StatusCode::CONFLICT, "email_taken", "ann@example.com has an account");
/// assert_eq!(problem.status(), 409);
/// assert_eq!(problem.reason(), "email_taken");
/// ```
#[derive(Clone, Debug)]
#[must_use = "a problem says nothing until it is returned"]
pub struct Problem {
    status: StatusCode,
    detail: String,
    reason: &'static str,
    errors: Vec<FieldError>,
    facts: BTreeMap<&'static str, String>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// The body of a [`Problem`], for the description of an API.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct Details<'a> {
    /// Always `about:blank`: the status and the reason say what kind it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The name of the status.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What was given and what was expected, for people.
    detail: &'a str,
    /// What went wrong, for programs: a word that stays the same across versions.
    reason: &'static str,
    /// The fields that are wrong, when fields are.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    errors: &'a [FieldError],
    /// Facts that only this reason has.
    #[serde(flatten)]
    #[schema(ignore)]
    facts: &'a BTreeMap<&'static str, String>,
}

/// One wrong field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// The field, with a path such as `lines[0].item` when it is nested.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

impl Problem {
    /// A problem with a status, a reason for programs and a detail for people.
    pub fn new(status: StatusCode, reason: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            reason,
            errors: Vec::new(),
            facts: BTreeMap::new(),
            headers: Vec::new(),
        }
    }

    /// A 422 that lists every field that is wrong.
    pub fn invalid_fields(errors: Vec<FieldError>) -> Self {
        let names: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        let detail = format!("these fields are wrong: {}", names.join(", "));
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_fields", detail);
        problem.errors = errors;
        problem
    }

    /// A 500 that tells nothing: the details belong in the log, which is the caller's job.
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "the service failed; its log says why",
        )
    }

    /// Adds a fact under its own name.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.facts.insert(name, value.into());
        self
    }

    /// Adds a header.
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Asks the caller to come back after `time`, rounded up to whole seconds, at least one.
    pub fn retry_after(self, time: Duration) -> Self {
        let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
        self.with_header(RETRY_AFTER, seconds.max(1).into())
    }

    /// Says that `policy` refused and that nothing was sent.
    pub fn refused_by(self, policy: &'static str) -> Self {
        self.with_header(REFUSED_BY, HeaderValue::from_static(policy))
    }

    /// The HTTP status.
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The reason for programs.
    pub const fn reason(&self) -> &'static str {
        self.reason
    }

    /// The fields that are wrong.
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let details = Details {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
            reason: self.reason,
            errors: &self.errors,
            facts: &self.facts,
        };
        let body = serde_json::to_vec(&details).expect("a problem has only texts and a number");
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.extend(self.headers);
        response
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use serde_json::{Value, json};

    use super::{Duration, FieldError, IntoResponse as _, Problem, StatusCode};

    async fn body_of(problem: Problem) -> Value {
        let body = problem.into_response().into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice(&body).unwrap()
    }

    #[tokio::test]
    async fn a_problem_says_what_went_wrong_for_people_and_programs() {
        let problem = Problem::new(StatusCode::CONFLICT, "email_taken", "a@b has an account")
            .with("email", "a@b");
        assert_eq!(
            body_of(problem).await,
            json!({
                "type": "about:blank",
                "title": "Conflict",
                "status": 409,
                "detail": "a@b has an account",
                "reason": "email_taken",
                "email": "a@b",
            })
        );
    }

    #[tokio::test]
    async fn wrong_fields_are_listed() {
        let wrong = FieldError { field: "name".into(), message: "is empty".into() };
        let body = body_of(Problem::invalid_fields(vec![wrong])).await;
        assert_eq!(body["errors"], json!([{ "field": "name", "message": "is empty" }]));
        assert_eq!(body["status"], 422);
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds_rounded_up() {
        for (wait, told) in [(0, "1"), (1, "1"), (1_000, "1"), (1_001, "2")] {
            let response = Problem::internal()
                .retry_after(Duration::from_millis(wait))
                .refused_by("circuit_open")
                .into_response();
            assert_eq!(response.headers()["retry-after"], told, "{wait} ms");
            assert_eq!(response.headers()["x-refused-by"], "circuit_open");
            assert_eq!(response.headers()["content-type"], "application/problem+json");
        }
    }
}
