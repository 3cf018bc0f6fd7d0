//! The routes of the page for operators.

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    body::Body,
    extract::{DefaultBodyLimit, Path, State, rejection::JsonRejection},
    middleware::from_fn_with_state,
    response::{Html, IntoResponse as _, Response},
    routing::{get, post},
};
use http::{HeaderValue, header::CONTENT_TYPE};
use tokio::sync::{Semaphore, watch};

use super::{
    access::{Access, Bearer, guard},
    admin::Admin,
    form::{Fields, command},
    message::{done, refused},
    stream::stream,
    watcher::Watcher,
};
use crate::{
    collect::Target,
    model::Refusal,
    view::operate::{self, DASHBOARD},
};

/// The pages that are told at once. Each is a reader of every service, which has 32 places.
const PAGES: usize = 16;

/// The longest form, in bytes.
const FORM: usize = 4 * 1024;

/// What the routes read from.
#[derive(Clone, Debug)]
pub(crate) struct Operators {
    pub(crate) build: Arc<str>,
    pub(crate) http: reqwest::Client,
    /// The services' ports for operators.
    pub(crate) targets: Arc<[Target]>,
    pub(crate) access: Access,
    /// True once the dashboard stops: streams have no end of their own.
    pub(crate) stop: watch::Receiver<bool>,
}

#[derive(Clone, Debug)]
struct Desk {
    operators: Operators,
    places: Arc<Semaphore>,
}

/// The page for operators and what it asks for.
pub(crate) fn router(operators: Operators) -> Router {
    let access = operators.access.clone();
    let desk = Desk { operators, places: Arc::new(Semaphore::new(PAGES)) };
    let guarded = Router::new()
        .route("/policies/live", get(live))
        .route("/policies/{service}/{policy}", post(give))
        .layer(DefaultBodyLimit::max(FORM))
        // Not around the fallback, which would refuse what is not here for a lack of a token.
        .route_layer(from_fn_with_state(access, guard));
    Router::new().route("/policies", get(page)).merge(guarded).with_state(desk)
}

async fn page(State(desk): State<Desk>) -> Html<String> {
    let names: Vec<_> = desk.operators.targets.iter().map(|target| &*target.name).collect();
    Html(operate::page(&desk.operators.build, &names))
}

async fn live(State(desk): State<Desk>, Extension(bearer): Extension<Bearer>) -> Response {
    let Ok(place) = desk.places.try_acquire_owned() else {
        let detail = format!("{PAGES} pages for operators are open already");
        return refused(DASHBOARD, &Refusal::said(503, "too_many_pages", detail));
    };
    let Operators { build, http, targets, stop, .. } = desk.operators;
    let watcher = |(number, target): (usize, &Target)| {
        let admin = Admin { http: http.clone(), target: target.clone(), bearer: bearer.clone() };
        Watcher::new(Arc::clone(&build), number, admin)
    };
    let watchers = targets.iter().enumerate().map(watcher).collect();
    let body = Body::from_stream(stream(watchers, place, stop));
    ([(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"))], body).into_response()
}

async fn give(
    State(Desk { operators, .. }): State<Desk>,
    Path((service, policy)): Path<(String, String)>,
    Extension(bearer): Extension<Bearer>,
    form: Result<Json<Fields>, JsonRejection>,
) -> Response {
    let found = operators.targets.iter().enumerate().find(|(_, target)| target.name == service);
    let Some((number, target)) = found else {
        let detail = "no service of that name is operated through this dashboard";
        return refused(DASHBOARD, &Refusal::said(404, "service_not_found", detail));
    };
    let read = || {
        let Json(fields) = form.map_err(|rejection| {
            let status = rejection.status().as_u16();
            Refusal::said(status, "unreadable_form", rejection.body_text())
        })?;
        let policy = policy.parse().map_err(|_| {
            Refusal::said(404, "policy_not_found", "the number of a policy is a whole number")
        })?;
        Ok((policy, command(&fields)?))
    };
    let (policy, command) = match read() {
        Ok(read) => read,
        Err(refusal) => return refused(DASHBOARD, &refusal),
    };
    let admin = Admin { http: operators.http.clone(), target: target.clone(), bearer };
    match admin.command(policy, &command).await {
        Ok(outcome) => done(number, &target.name, &outcome),
        Err(refusal) => refused(&target.name, &refusal),
    }
}
