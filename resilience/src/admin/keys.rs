use axum::{
    Extension,
    body::Bytes,
    extract::{
        Path, Query,
        rejection::{BytesRejection, PathRejection, QueryRejection},
    },
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;

use super::{
    access::Caller,
    policies::{Fresh, PolicyPath, named, of_id, read, refused, size, unreadable_path},
    problem::Problem,
};
use crate::{
    circuit_breaker::keyed::{Key, KeySnapshot},
    operator::Policy,
    wire::{KeyState, KeysState, PolicyState},
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Choice {
    after: Option<String>,
    limit: Option<usize>,
}

pub(super) async fn list(
    id: PolicyPath,
    choice: Result<Query<Choice>, QueryRejection>,
) -> Result<Response, Problem> {
    let wrong = |detail: String| Problem::new(StatusCode::BAD_REQUEST, "invalid_query", detail);
    let Query(Choice { after, limit }) = choice.map_err(|error| wrong(error.body_text()))?;
    let limit = size(limit)?;
    let after = after.map(|mark| {
        key_of(&mark).ok_or_else(|| wrong("after must be the next of a page".to_owned()))
    });
    let after = after.transpose()?;
    let listed = named(id)?;
    let Policy::KeyedCircuitBreaker(keyed) = listed.policy() else {
        let detail = format!("a policy of the kind {} has no keys", listed.policy().kind());
        return Err(Problem::new(StatusCode::CONFLICT, "not_for_this_policy", detail));
    };
    // One more tells whether there is another page.
    let mut page = keyed.snapshots(after.as_ref(), limit + 1);
    let has_next = page.len() > limit;
    page.truncate(limit);
    let next = page.last().filter(|_| has_next).map(|last| mark_of(&last.key));
    Ok(Fresh(KeysState { keys: page.iter().map(told).collect(), next }).into_response())
}

fn told(one: &KeySnapshot) -> KeyState {
    KeyState {
        key: one.key.to_string(),
        id: mark_of(&one.key),
        breaker: PolicyState::from(&one.breaker),
    }
}

pub(super) async fn command(
    path: Result<Path<(String, String)>, PathRejection>,
    Extension(caller): Extension<Caller>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let Path((id, mark)) = path.map_err(unreadable_path)?;
    let listed = of_id(&id)?;
    let key = key_of(&mark).ok_or_else(|| {
        let detail = "a key is named by the id that the list of keys tells";
        Problem::new(StatusCode::BAD_REQUEST, "invalid_path", detail)
    })?;
    let command = read(body)?;
    listed.apply_to_key(&key, &command, &caller.who).map_err(refused)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A key as a text that tells numbers from texts.
fn mark_of(key: &Key) -> String {
    match key {
        Key::Number(number) => format!("n{number}"),
        Key::Text(text) => format!("t{text}"),
    }
}

fn key_of(mark: &str) -> Option<Key> {
    match (mark.strip_prefix('n'), mark.strip_prefix('t')) {
        (Some(number), _) => number.parse().ok().map(Key::Number),
        (_, Some(text)) => Some(Key::from(text)),
        _ => None,
    }
}
