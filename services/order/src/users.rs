//! This service's own view of the user service: the one question it asks.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, StatusCode, Uri, header::ACCEPT};
use kit::outbound::{CallError, Client};
use serde::Deserialize;
use uuid::Uuid;

/// The header in which this service names itself.
const CALLER: HeaderName = HeaderName::from_static("x-caller");

/// Asks the user service.
#[derive(Clone, Debug)]
pub(crate) struct Users {
    client: Client,
    url: String,
    caller: HeaderValue,
}

/// Why there is no answer to the question.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A policy refused to ask.
    #[error("the user service was not asked: {reason}")]
    NotAsked { reason: &'static str, retry_after: Option<Duration> },
    /// It was asked and failed, and a policy keeps it from being asked again.
    #[error("the user service failed and is not asked again: {reason}")]
    NotAskedAgain { reason: &'static str, retry_after: Option<Duration> },
    /// It was asked and did not answer in time.
    #[error("the user service did not answer in time")]
    TimedOut { retry_after: Option<Duration> },
    /// It could not be reached, or did not answer as it should.
    #[error("the user service cannot be asked")]
    Unavailable,
}

/// The part of a user that matters here.
#[derive(Deserialize)]
struct User {
    id: Uuid,
}

/// The part of an error that matters here.
#[derive(Deserialize)]
struct Problem {
    reason: String,
}

impl Users {
    /// Asks the service at `url`, which has no path, through `client`.
    pub(crate) fn new(client: Client, url: &Uri, caller: &'static str) -> Self {
        let url = url.to_string().trim_end_matches('/').to_owned();
        Self { client, url, caller: HeaderValue::from_static(caller) }
    }

    /// Whether there is a user with this id.
    pub(crate) async fn exists(&self, id: Uuid) -> Result<bool, Error> {
        let request = Request::get(format!("{}/users/{id}", self.url))
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .header(CALLER, self.caller.clone())
            .body(Bytes::new())
            .expect("the address was parsed at the start, and a UUID fits into a path");
        let answer = self.client.send(request).await.map_err(|error| not_answered(&error))?;
        understand(answer.status(), answer.body(), id).ok_or_else(|| {
            tracing::info!(status = %answer.status(), "the user service answered something else");
            Error::Unavailable
        })
    }
}

/// Whether the user exists, if the answer tells.
///
/// A bare 404 does not: it may come from another service at a wrong address, and an order that
/// is turned down for that is turned down for good.
fn understand(status: StatusCode, body: &[u8], id: Uuid) -> Option<bool> {
    match status {
        StatusCode::OK => {
            let user: User = serde_json::from_slice(body).ok()?;
            (user.id == id).then_some(true)
        }
        StatusCode::NOT_FOUND => {
            let problem: Problem = serde_json::from_slice(body).ok()?;
            (problem.reason == "user_not_found").then_some(false)
        }
        _ => None,
    }
}

fn not_answered(error: &CallError) -> Error {
    match *error {
        CallError::Refused { reason, retry_after } => Error::NotAsked { reason, retry_after },
        CallError::Ended { reason: "timed_out" | "deadline_exceeded", retry_after } => {
            Error::TimedOut { retry_after }
        }
        CallError::Ended { reason, retry_after } => Error::NotAskedAgain { reason, retry_after },
        ref other => {
            // In an outage each request comes by here; the counters are what tells of it.
            tracing::info!(error = other as &dyn std::error::Error, "cannot ask the user service");
            Error::Unavailable
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{StatusCode, Uuid, understand};

    const ID: Uuid = Uuid::nil();

    #[test]
    fn only_a_clear_answer_is_understood() {
        let user = r#"{"id":"00000000-0000-0000-0000-000000000000","name":"Ann","more":1}"#;
        let other = r#"{"id":"00000000-0000-0000-0000-000000000001"}"#;
        let unknown = r#"{"reason":"user_not_found","status":404}"#;
        let cases = [
            (200, user, Some(true)),
            (404, unknown, Some(false)),
            (200, other, None),
            (200, "<html>", None),
            (200, "", None),
            (404, "", None),
            (404, r#"{"reason":"route_not_found"}"#, None),
            (500, unknown, None),
            (302, user, None),
        ];
        for (status, body, understood) in cases {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(understand(status, body.as_bytes(), ID), understood, "{status} {body}");
        }
    }
}
