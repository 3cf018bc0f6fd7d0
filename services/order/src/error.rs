//! Why a request is not answered with what it asked for.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use kit::problem::{FieldError, Problem};
use uuid::Uuid;

use crate::{
    in_progress::Taken,
    model::{BadKey, Key},
    users,
};

/// When to come back if nothing better is known.
const SOON: Duration = Duration::from_secs(1);

/// Why a request is not answered with what it asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("an order needs the header idempotency-key, so that a repetition is no second order")]
    KeyMissing,
    #[error(transparent)]
    KeyInvalid(#[from] BadKey),
    #[error("the idempotency key was used for another request; a new order needs a new key")]
    KeyReused,
    #[error("an order with this idempotency key is being placed")]
    InProgress,
    #[error("too many orders are being placed")]
    TooMany,
    #[error("fields are wrong")]
    InvalidFields(Vec<FieldError>),
    #[error("no user has the id {0}")]
    UserNotFound(Uuid),
    #[error("no order has the id {0:?}")]
    OrderNotFound(String),
    #[error("{0}; no order was placed")]
    Users(#[from] users::Error),
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    #[error("whether the order was placed is not known; repeat the request with the same key")]
    OutcomeUnknown(Key),
    #[error("the request is wrong")]
    Request(Problem),
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Request(problem)
    }
}

impl From<Taken> for Error {
    fn from(taken: Taken) -> Self {
        match taken {
            Taken::InProgress => Self::InProgress,
            Taken::Full => Self::TooMany,
        }
    }
}

impl Error {
    fn into_problem(self) -> Problem {
        let detail = self.to_string();
        let problem = |status, reason| Problem::new(status, reason, detail.clone());
        match self {
            Self::KeyMissing => problem(StatusCode::BAD_REQUEST, "idempotency_key_missing"),
            Self::KeyInvalid(_) => problem(StatusCode::BAD_REQUEST, "idempotency_key_invalid"),
            Self::KeyReused => problem(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused"),
            Self::InProgress => {
                problem(StatusCode::CONFLICT, "order_in_progress").retry_after(SOON)
            }
            Self::TooMany => {
                problem(StatusCode::SERVICE_UNAVAILABLE, "too_many_orders").retry_after(SOON)
            }
            Self::InvalidFields(errors) => Problem::invalid_fields(errors),
            Self::UserNotFound(_) => problem(StatusCode::UNPROCESSABLE_ENTITY, "user_not_found"),
            Self::OrderNotFound(_) => problem(StatusCode::NOT_FOUND, "order_not_found"),
            Self::Users(error) => not_asked(&error, detail),
            Self::Database(error) => error.into(),
            Self::OutcomeUnknown(key) => problem(StatusCode::GATEWAY_TIMEOUT, "outcome_unknown")
                .with("idempotency_key", key.as_str())
                .retry_after(SOON),
            Self::Request(problem) => problem,
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        self.into_problem().into_response()
    }
}

/// The user is looked up before anything is written, so a repetition is always safe.
fn not_asked(error: &users::Error, detail: String) -> Problem {
    let unavailable = |reason| Problem::new(StatusCode::SERVICE_UNAVAILABLE, reason, detail);
    match *error {
        users::Error::NotAsked { reason, retry_after } => {
            unavailable(told(reason)).retry_after(retry_after.unwrap_or(SOON)).refused_by(reason)
        }
        users::Error::NotAskedAgain { reason, retry_after } => {
            unavailable(told(reason)).retry_after(retry_after.unwrap_or(SOON))
        }
        users::Error::TimedOut { retry_after } => {
            unavailable("user_service_timeout").retry_after(retry_after.unwrap_or(SOON))
        }
        users::Error::Unavailable => unavailable("user_service_unavailable").retry_after(SOON),
    }
}

/// The reason of the contract for the reason of a policy.
fn told(policy: &str) -> &'static str {
    match policy {
        "circuit_open" | "probes_taken" => "circuit_open",
        "deadline_expired" => "user_service_timeout",
        _ => "user_service_unavailable",
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Error, IntoResponse as _, users};

    #[test]
    fn a_refusal_by_a_policy_names_it_and_says_when_to_come_back() {
        let refused = |reason| users::Error::NotAsked {
            reason,
            retry_after: Some(Duration::from_millis(2500)),
        };
        let reasons = [
            ("circuit_open", "circuit_open"),
            ("probes_taken", "circuit_open"),
            ("deadline_expired", "user_service_timeout"),
            ("another", "user_service_unavailable"),
        ];
        for (policy, reason) in reasons {
            let problem = Error::from(refused(policy)).into_problem();
            assert_eq!(problem.reason(), reason);
            let response = problem.into_response();
            assert_eq!(response.status(), 503);
            assert_eq!(response.headers()["x-refused-by"], policy);
            assert_eq!(response.headers()["retry-after"], "3");
        }
    }

    #[test]
    fn a_call_that_was_sent_is_no_refusal() {
        let timed_out = users::Error::TimedOut { retry_after: None };
        let opened = users::Error::NotAskedAgain { reason: "circuit_open", retry_after: None };
        for (error, reason) in [
            (timed_out, "user_service_timeout"),
            (opened, "circuit_open"),
            (users::Error::Unavailable, "user_service_unavailable"),
        ] {
            let problem = Error::from(error).into_problem();
            assert_eq!(problem.reason(), reason);
            let response = problem.into_response();
            assert_eq!(response.status(), 503);
            assert!(response.headers().get("x-refused-by").is_none());
            assert_eq!(response.headers()["retry-after"], "1");
        }
    }
}
