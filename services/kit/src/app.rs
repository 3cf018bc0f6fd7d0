//! What stands around the routes of every service.

use axum::{Router, body::Bytes, extract::DefaultBodyLimit, middleware, routing::get};
use http::{Method, StatusCode, Uri, header::CONTENT_TYPE};
use utoipa::openapi::{InfoBuilder, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    database::Database,
    health,
    json::MAX_BODY,
    metrics,
    observe::observe,
    problem::Problem,
    state::{self, Source},
    telemetry::in_span,
};

/// Joins a service's routes with health, state, metrics and the description of all of them.
///
/// A path that no route has and a method that a route does not know are answered as problems
/// too, bodies are limited to [`MAX_BODY`], and every request is counted.
///
/// # Errors
///
/// The recorder of metrics cannot be installed.
pub fn build(source: Source, routes: OpenApiRouter, database: Database) -> anyhow::Result<Router> {
    let info =
        InfoBuilder::new().title(source.service()).version(env!("CARGO_PKG_VERSION")).build();
    let (joined, description) =
        OpenApiRouter::with_openapi(OpenApiBuilder::new().info(info).build())
            .merge(routes.layer(middleware::from_fn(in_span)))
            .merge(health::routes(database))
            .merge(state::routes(source))
            .merge(metrics::routes(metrics::install()?))
            .split_for_parts();
    let description = Bytes::from(description.to_json()?);
    let describe = get(|| async move { ([(CONTENT_TYPE, "application/json")], description) });
    Ok(joined
        .route("/openapi.json", describe)
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn(observe)))
}

async fn no_route(uri: Uri) -> Problem {
    let detail = format!("no route has the path {}; /openapi.json lists all", uri.path());
    Problem::new(StatusCode::NOT_FOUND, "route_not_found", detail)
}

async fn no_method(method: Method, uri: Uri) -> Problem {
    let detail =
        format!("{} does not answer {method}; /openapi.json lists what it does", uri.path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}
