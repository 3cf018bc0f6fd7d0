use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use tracing::{Instrument as _, Span, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::context::extract;
use crate::{observe::label_of, problem::REFUSED_BY};

/// Answers a request in a span of its own, which continues the trace that the request belongs to.
///
/// It is for the routes of a service and not for those that are asked every second, such as health and
/// metrics: these would be most of what a collector gets.
pub async fn in_span(request: Request, next: Next) -> Response {
    let span = begin(&request);
    if span.is_disabled() {
        return next.run(request).await;
    }
    async {
        let response = next.run(request).await;
        end(&Span::current(), &response);
        response
    }
    .instrument(span)
    .await
}

fn begin(request: &Request) -> Span {
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str);
    let method = label_of(request.method());
    let span = tracing::info_span!(
        "request",
        otel.kind = "server",
        otel.name = format!("{method} {route}"),
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        url.path = request.uri().path(),
        http.response.status_code = Empty,
        error.type = Empty,
        resilience.rejected = Empty,
    );
    if !span.is_disabled() {
        // Without a collector there is nothing that could have a parent.
        let _ = span.set_parent(extract(request.headers()));
    }
    span
}

fn end(span: &Span, response: &Response) {
    let status = response.status();
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if let Some(reason) = response.headers().get(REFUSED_BY).and_then(|by| by.to_str().ok()) {
        span.record("resilience.rejected", reason);
    }
    // What a caller did wrong is no error of this side.
    if status.is_server_error() {
        span.record("error.type", status.as_str());
        span.record("otel.status_code", "ERROR");
    }
}
