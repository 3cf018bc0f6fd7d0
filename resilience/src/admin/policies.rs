use axum::{
    Extension, Json,
    body::Bytes,
    extract::{
        FromRequest as _, Path, Query, Request,
        rejection::{BytesRejection, PathRejection},
    },
    http::StatusCode,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header::CACHE_CONTROL};
use serde::{Deserialize, Serialize};

use super::{access::Caller, problem::Problem};
use crate::{
    operator::{CommandError, Listed, find, policies},
    wire::{Command, Done, InstanceState, InstancesState, SettingsMistake},
};

/// The policies on a page unless said otherwise, and at most.
const PAGE: usize = 100;
const LARGEST_PAGE: usize = 1_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Choice {
    after: Option<u64>,
    limit: Option<usize>,
    kind: Option<String>,
    name: Option<String>,
}

/// What is true for a moment, and to be kept by nobody.
pub(super) struct Fresh<T>(pub(super) T);

impl<T: Serialize> IntoResponse for Fresh<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.0).into_response();
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

pub(super) async fn list(request: Request) -> Result<Response, Problem> {
    let choice = Query::<Choice>::from_request(request, &()).await.map_err(|rejection| {
        Problem::new(StatusCode::BAD_REQUEST, "invalid_query", rejection.body_text())
    })?;
    let Query(Choice { after, limit, kind, name }) = choice;
    let limit = size(limit)?;
    let mut chosen = policies();
    chosen.retain(|listed| {
        kind.as_ref().is_none_or(|kind| kind == listed.policy().kind())
            && name.as_ref().is_none_or(|name| name == listed.name().as_str())
    });
    let total = chosen.len();
    let mut rest = page(&chosen, after)?;
    let page: Vec<_> = rest.by_ref().take(limit).collect();
    let next = rest.next().and(page.last()).map(|last| last.id());
    let policies = page.into_iter().map(Listed::state).collect();
    Ok(Fresh(InstancesState { policies, total, next }).into_response())
}

/// How many a page has.
pub(super) fn size(limit: Option<usize>) -> Result<usize, Problem> {
    let limit = limit.unwrap_or(PAGE);
    if (1..=LARGEST_PAGE).contains(&limit) {
        return Ok(limit);
    }
    let detail = format!("limit is {limit}, but must be 1 to {LARGEST_PAGE}");
    Err(Problem::new(StatusCode::BAD_REQUEST, "invalid_query", detail))
}

/// Those that come after the policy with the number `after`.
fn page(chosen: &[Listed], after: Option<u64>) -> Result<std::slice::Iter<'_, Listed>, Problem> {
    let Some(after) = after else { return Ok(chosen.iter()) };
    let last = chosen.iter().position(|listed| listed.id() == after).ok_or_else(|| {
        let detail = format!("after is {after}, but no such policy is there any more; begin anew");
        Problem::new(StatusCode::GONE, "page_is_gone", detail)
    })?;
    Ok(chosen[last + 1..].iter())
}

pub(super) async fn one(id: PolicyPath) -> Result<Response, Problem> {
    Ok(Fresh(named(id)?.state()).into_response())
}

pub(super) async fn command(
    id: PolicyPath,
    Extension(caller): Extension<Caller>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let listed = named(id)?;
    let command = read(body)?;
    let label = command.as_str().to_owned();
    listed.apply(command, &caller.who).map_err(refused)?;
    let policy: InstanceState = listed.state();
    Ok(Fresh(Done { command: label, policy }).into_response())
}

/// The command in a body.
pub(super) fn read(body: Result<Bytes, BytesRejection>) -> Result<Command, Problem> {
    let body = whole(body)?;
    serde_json::from_slice(&body).map_err(|error| {
        Problem::new(StatusCode::BAD_REQUEST, "invalid_command", error.to_string())
    })
}

/// A body that has come as a whole.
pub(super) fn whole(body: Result<Bytes, BytesRejection>) -> Result<Bytes, Problem> {
    body.map_err(|rejection| {
        Problem::new(rejection.status(), "unreadable_body", rejection.body_text())
    })
}

#[expect(clippy::needless_pass_by_value, reason = "it is what errors are mapped with")]
pub(super) fn refused(error: CommandError) -> Problem {
    let (status, reason) = match error {
        CommandError::NotForThis { .. } => (StatusCode::CONFLICT, "not_for_this_policy"),
        CommandError::Invalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_settings"),
        CommandError::Illegal(_) => (StatusCode::CONFLICT, "illegal_transition"),
        #[cfg(feature = "keyed")]
        CommandError::NoSuchKey { .. } => (StatusCode::NOT_FOUND, "key_not_found"),
    };
    let mistakes = match &error {
        CommandError::Invalid(errors) => errors.iter().map(SettingsMistake::from).collect(),
        _ => Vec::new(),
    };
    Problem::new(status, reason, error.to_string()).with_mistakes(mistakes)
}

/// The number in the path, as the client wrote it.
pub(super) type PolicyPath = Result<Path<String>, PathRejection>;

pub(super) fn named(id: PolicyPath) -> Result<Listed, Problem> {
    let Path(id) = id.map_err(unreadable_path)?;
    of_id(&id)
}

#[expect(clippy::needless_pass_by_value, reason = "it is what errors are mapped with")]
pub(super) fn unreadable_path(rejection: PathRejection) -> Problem {
    Problem::new(rejection.status(), "invalid_path", rejection.body_text())
}

pub(super) fn of_id(id: &str) -> Result<Listed, Problem> {
    let known = id.parse().ok().and_then(find);
    known.ok_or_else(|| {
        let shown: String = id.chars().take(32).collect();
        let detail = format!("no policy has the number {shown:?}");
        Problem::new(StatusCode::NOT_FOUND, "policy_not_found", detail)
    })
}
