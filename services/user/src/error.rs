//! Why a request is not answered with what it asked for.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use kit::problem::{FieldError, Problem};

/// Why a request is not answered with what it asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{0:?} has an account already")]
    EmailTaken(String),
    #[error("no user has the id {0:?}")]
    UserNotFound(String),
    #[error("fields are wrong")]
    InvalidFields(Vec<FieldError>),
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    #[error("the request is wrong")]
    Request(Problem),
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Request(problem)
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let detail = self.to_string();
        match self {
            Self::EmailTaken(_) => Problem::new(StatusCode::CONFLICT, "email_taken", detail),
            Self::UserNotFound(_) => Problem::new(StatusCode::NOT_FOUND, "user_not_found", detail),
            Self::InvalidFields(errors) => Problem::invalid_fields(errors),
            Self::Database(error) => error.into(),
            Self::Request(problem) => problem,
        }
        .into_response()
    }
}
