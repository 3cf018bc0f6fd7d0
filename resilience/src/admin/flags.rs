use axum::{
    Extension,
    body::Bytes,
    extract::{Path, State, rejection::BytesRejection, rejection::PathRejection},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};

use super::{
    access::Caller,
    policies::{Fresh, unreadable_path, whole},
    problem::Problem,
};
use crate::{flags::Flags, wire::Flag};

pub(super) async fn list(State(flags): State<Flags>) -> Response {
    Fresh(flags.states()).into_response()
}

pub(super) async fn set(
    State(flags): State<Flags>,
    name: Result<Path<String>, PathRejection>,
    Extension(caller): Extension<Caller>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let name = named(name)?;
    let body = whole(body)?;
    let flag: Flag = serde_json::from_slice(&body).map_err(|error| {
        Problem::new(StatusCode::BAD_REQUEST, "invalid_flag", error.to_string())
    })?;
    flags.set(&name, flag, &caller.who).map_err(|error| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_settings", error.to_string())
    })?;
    Ok(Fresh(flags.states()).into_response())
}

pub(super) async fn clear(
    State(flags): State<Flags>,
    name: Result<Path<String>, PathRejection>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, Problem> {
    let name = named(name)?;
    if flags.clear(&name, &caller.who) {
        return Ok(Fresh(flags.states()).into_response());
    }
    let shown: String = name.chars().take(65).collect();
    let detail = format!("no operator has set the flag {shown:?}");
    Err(Problem::new(StatusCode::NOT_FOUND, "flag_not_found", detail))
}

fn named(name: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    name.map(|Path(name)| name).map_err(unreadable_path)
}
