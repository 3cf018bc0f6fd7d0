//! The routes of the dashboard.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Body,
    extract::State,
    middleware::map_response,
    response::{Html, IntoResponse, Response},
    routing::get,
};
use http::{
    HeaderValue, StatusCode,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
        X_CONTENT_TYPE_OPTIONS,
    },
};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{
    assets,
    feed::{Feed, Live, stream},
    view::{Frame, page},
};

/// Nothing may be loaded or run that does not come from here as a file of its own.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// What the routes read from.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) build: Arc<str>,
    pub(crate) feed: Arc<Feed>,
    /// Whether there is a page for operators.
    pub(crate) operates: bool,
    /// True once the dashboard stops: streams have no end of their own.
    pub(crate) stop: watch::Receiver<bool>,
}

impl Source {
    fn live(&self) -> Arc<Live> {
        Arc::clone(&self.feed.follow().borrow())
    }
}

/// The routes of the dashboard, with those of `further`.
pub(crate) fn router(source: Source, further: Router) -> Router {
    Router::new()
        .route("/", get(start))
        .route("/events", get(events))
        .route("/state", get(state))
        .route("/health/live", get(|| async { Json(json!({ "status": "live" })) }))
        .route("/health/ready", get(ready))
        .route("/assets/{build}/{name}", get(assets::asset))
        .with_state(source)
        .merge(further)
        .layer(map_response(guard))
}

async fn guard(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

async fn start(State(source): State<Source>) -> Html<String> {
    let live = source.live();
    let services = &live.snapshot.services;
    let has = |variant| services.iter().any(|known| known.variant.as_deref() == Some(variant));
    let frame = Frame {
        build: &source.build,
        services: services.len(),
        compares: has("guarded") && has("bare"),
        operates: source.operates,
        tick: live.tick,
    };
    Html(page(frame, &live.regions))
}

async fn events(State(source): State<Source>) -> impl IntoResponse {
    let body = Body::from_stream(stream(source.feed.follow(), source.stop.clone()));
    ([(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"))], body)
}

async fn state(State(source): State<Source>) -> Response {
    Json(&source.live().snapshot).into_response()
}

/// Ready is who has asked the services once; what they answered is their own business.
async fn ready(State(source): State<Source>) -> (StatusCode, Json<Value>) {
    if source.live().tick == 0 {
        (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "not_ready" })))
    } else {
        (StatusCode::OK, Json(json!({ "status": "ready" })))
    }
}
