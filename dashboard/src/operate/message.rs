//! What the page is sent.

use std::collections::BTreeMap;

use axum::{
    Json,
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, StatusCode, header::WWW_AUTHENTICATE};
use resilience::wire::{Done, FlagsState, KeysState};
use serde::Serialize;

use crate::{
    model::Refusal,
    view::operate::{self, Article, FlagArticle, Keyed, Piece},
};

/// What came of a request that is not a stream.
#[derive(Debug, Serialize)]
struct Outcome {
    /// The line that tells it.
    said: String,
    /// The regions that are other than before, by the id of their elements.
    regions: BTreeMap<String, String>,
}

/// Answers that `who` refused.
pub(super) fn refused(who: &str, refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_GATEWAY);
    let said = operate::refused(who, refusal).into_string();
    let outcome = Outcome { said, regions: BTreeMap::new() };
    let mut response = (status, Json(outcome)).into_response();
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// Answers that a policy of the service with this number and name has done what it was told.
pub(super) fn done(number: usize, who: &str, done: &Done) -> Response {
    let article = Article::new(number, who, &done.policy);
    let said = operate::done(done).into_string();
    Json(Outcome { said, regions: drawn(&article).collect() }).into_response()
}

/// Answers with the keys of a policy after `after`.
pub(super) fn keys_listed(keyed: Keyed<'_>, after: &str, keys: &KeysState) -> Response {
    let (id, html) = keyed.page(after, keys);
    let regions = BTreeMap::from([(id, html.into_string())]);
    Json(Outcome { said: operate::listed(keys).into_string(), regions }).into_response()
}

/// Answers that the breaker of the key with this id has done what it was told, with the keys that are
/// shown beside it, if they could be read.
pub(super) fn key_done(
    keyed: Keyed<'_>,
    command: &str,
    key: &str,
    keys: Option<&KeysState>,
) -> Response {
    let states = keys.into_iter().flat_map(|keys| keyed.states(keys));
    let regions = states.map(|(id, html)| (id, html.into_string())).collect();
    let said = operate::key_done(command, key, keys).into_string();
    Json(Outcome { said, regions }).into_response()
}

/// Answers that `what` was done to the flag `name` of the service with this number and name.
pub(super) fn flag_done(
    number: usize,
    who: &str,
    what: &str,
    name: &str,
    flags: &FlagsState,
) -> Response {
    let said = operate::flag_done(what, name, flags).into_string();
    let articles = flags.flags.iter().map(|flag| FlagArticle::new(number, who, flag));
    let regions = articles.flat_map(|article| drawn(&article).collect::<Vec<_>>()).collect();
    Json(Outcome { said, regions }).into_response()
}

/// The regions of an article by their ids.
pub(super) fn drawn(piece: &dyn Piece) -> impl Iterator<Item = (String, String)> + use<> {
    piece.regions().into_iter().map(|(id, html)| (id, html.into_string()))
}

/// How one service is, as a line of the stream.
#[derive(Debug, Serialize)]
pub(super) struct Line<'a> {
    /// Another build draws other regions.
    pub(super) build: &'a str,
    /// The service's place in the page.
    pub(super) service: usize,
    /// Regions by the id of their elements.
    pub(super) regions: BTreeMap<String, String>,
    /// The ids of all articles in their order; absent: it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) order: Option<Vec<String>>,
    /// The articles that were not sent on this stream yet.
    pub(super) articles: BTreeMap<String, String>,
}
