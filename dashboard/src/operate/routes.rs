//! The routes of the pages for operators.

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
    flag_form::order,
    flags::carry_out,
    form::{Fields, command},
    message::{done, flag_done, key_done, keys_listed, refused},
    stream::stream,
    watcher::Watcher,
};
use crate::{
    collect::Target,
    model::Refusal,
    view::operate::{self, DASHBOARD, Keyed, Topic},
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

/// The pages for operators and what they ask for.
pub(crate) fn router(operators: Operators) -> Router {
    let access = operators.access.clone();
    let desk = Desk { operators, places: Arc::new(Semaphore::new(PAGES)) };
    let guarded = Router::new()
        .route(Topic::Policies.live(), get(async |desk, by| live(Topic::Policies, desk, by)))
        .route(Topic::Faults.live(), get(async |desk, by| live(Topic::Faults, desk, by)))
        .route("/policies/{service}/{policy}", post(give))
        .route("/policies/{service}/{policy}/keys", post(list_keys))
        .route("/policies/{service}/{policy}/key", post(give_key))
        .route("/faults/{service}", post(switch))
        .layer(DefaultBodyLimit::max(FORM))
        // Not around the fallback, which would refuse what is not here for a lack of a token.
        .route_layer(from_fn_with_state(access, guard));
    Router::new()
        .route("/policies", get(async |desk| page(Topic::Policies, desk)))
        .route("/faults", get(async |desk| page(Topic::Faults, desk)))
        .merge(guarded)
        .with_state(desk)
}

fn page(topic: Topic, State(desk): State<Desk>) -> Html<String> {
    let names: Vec<_> = desk.operators.targets.iter().map(|target| &*target.name).collect();
    Html(operate::page(topic, &desk.operators.build, &names))
}

fn live(topic: Topic, State(desk): State<Desk>, Extension(bearer): Extension<Bearer>) -> Response {
    let Ok(place) = desk.places.try_acquire_owned() else {
        let detail = format!("{PAGES} pages for operators are open already");
        return refused(DASHBOARD, &Refusal::said(503, "too_many_pages", detail));
    };
    let place = Arc::new(place);
    let Operators { build, http, targets, stop, .. } = desk.operators;
    let watcher = |(number, target): (usize, &Target)| {
        let admin = Admin { http: http.clone(), target: target.clone(), bearer: bearer.clone() };
        Watcher::new(topic, Arc::clone(&build), number, admin, Arc::clone(&place))
    };
    let watchers = targets.iter().enumerate().map(watcher).collect();
    let body = Body::from_stream(stream(watchers, stop));
    ([(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"))], body).into_response()
}

async fn give(
    State(Desk { operators, .. }): State<Desk>,
    Path((service, policy)): Path<(String, String)>,
    Extension(bearer): Extension<Bearer>,
    form: Result<Json<Fields>, JsonRejection>,
) -> Response {
    let (number, admin) = match operators.find(&service, bearer) {
        Ok(found) => found,
        Err(refusal) => return refused(DASHBOARD, &refusal),
    };
    let read = || Ok((numbered(&policy)?, command(&fields(form)?)?));
    let (policy, command) = match read() {
        Ok(read) => read,
        Err(refusal) => return refused(DASHBOARD, &refusal),
    };
    match admin.command(policy, &command).await {
        Ok(outcome) => done(number, &service, &outcome),
        Err(refusal) => refused(&service, &refusal),
    }
}

async fn list_keys(
    State(Desk { operators, .. }): State<Desk>,
    Path((service, policy)): Path<(String, String)>,
    Extension(bearer): Extension<Bearer>,
    form: Result<Json<Fields>, JsonRejection>,
) -> Response {
    let read = || Ok((operators.find(&service, bearer)?, numbered(&policy)?, fields(form)?));
    let ((number, admin), policy, fields) = match read() {
        Ok(read) => read,
        Err(refusal) => return refused(DASHBOARD, &refusal),
    };
    let after = fields.get("after").map_or("", String::as_str);
    match admin.keys(policy, after).await {
        Ok(keys) => keys_listed(Keyed::new(number, &service, policy), after, &keys),
        Err(refusal) => refused(&service, &refusal),
    }
}

async fn give_key(
    State(Desk { operators, .. }): State<Desk>,
    Path((service, policy)): Path<(String, String)>,
    Extension(bearer): Extension<Bearer>,
    form: Result<Json<Fields>, JsonRejection>,
) -> Response {
    let read = || {
        let (found, fields) = (operators.find(&service, bearer)?, fields(form)?);
        Ok((found, numbered(&policy)?, command(&fields)?, fields))
    };
    let ((number, admin), policy, command, fields) = match read() {
        Ok(read) => read,
        Err(refusal) => return refused(DASHBOARD, &refusal),
    };
    let field = |name| fields.get(name).map_or("", String::as_str);
    if let Err(refusal) = admin.command_key(policy, field("key"), &command).await {
        return refused(&service, &refusal);
    }
    // The answer to a command for one key says nothing of it. It is carried out whether or not
    // the list can be read.
    let keys = admin.keys(policy, field("after")).await.ok();
    let keyed = Keyed::new(number, &service, policy);
    key_done(keyed, command.as_str(), field("key"), keys.as_ref())
}

async fn switch(
    State(Desk { operators, .. }): State<Desk>,
    Path(service): Path<String>,
    Extension(bearer): Extension<Bearer>,
    form: Result<Json<Fields>, JsonRejection>,
) -> Response {
    let read = || Ok((operators.find(&service, bearer)?, order(&fields(form)?)?));
    let ((number, admin), order) = match read() {
        Ok(read) => read,
        Err(refusal) => return refused(DASHBOARD, &refusal),
    };
    match carry_out(&admin, &order).await {
        Ok((flags, what)) => flag_done(number, &service, what, &order.name, &flags),
        Err(refusal) => refused(&service, &refusal),
    }
}

fn numbered(policy: &str) -> Result<u64, Refusal> {
    let wrong = "the number of a policy is a whole number";
    policy.parse().map_err(|_| Refusal::said(404, "policy_not_found", wrong))
}

fn fields(form: Result<Json<Fields>, JsonRejection>) -> Result<Fields, Refusal> {
    form.map(|Json(fields)| fields).map_err(|rejection| {
        let status = rejection.status().as_u16();
        Refusal::said(status, "unreadable_form", rejection.body_text())
    })
}

impl Operators {
    /// The place and the port of a service, asked in the name of whoever shows this.
    fn find(&self, service: &str, bearer: Bearer) -> Result<(usize, Admin), Refusal> {
        let mut targets = self.targets.iter().enumerate();
        let (number, target) =
            targets.find(|(_, target)| target.name == service).ok_or_else(|| {
                let detail = "no service of that name is operated through this dashboard";
                Refusal::said(404, "service_not_found", detail)
            })?;
        Ok((number, Admin { http: self.http.clone(), target: target.clone(), bearer }))
    }
}
