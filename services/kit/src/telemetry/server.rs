use std::thread;

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use tracing::{Instrument as _, Span, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::context::extract;
use crate::{observe::label_of, problem::REFUSED_BY};

/// The most characters of a path in a span: what callers send may be long, and many spans wait.
const PATH: usize = 256;

/// Answers a request in a span of its own, which continues the trace that the request belongs to.
///
/// It is for the routes of a service and not for those that are asked every second, such as health and
/// metrics: these would be most of what a collector gets.
///
/// # Cancellation
///
/// Where the caller leaves before the answer, or a handler panics, the span says so in `error.type`, as
/// `cancelled` or `panic`.
pub async fn in_span(request: Request, next: Next) -> Response {
    let span = begin(&request);
    if span.is_disabled() {
        return next.run(request).await;
    }
    let unanswered = Unanswered(Some(span.clone()));
    async move {
        // Inside, because subscribers take the last time in a span for its end.
        let unanswered = unanswered;
        let response = next.run(request).await;
        unanswered.end(&response);
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
        url.path = cut(request.uri().path()),
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

fn cut(path: &str) -> &str {
    path.char_indices().nth(PATH).map_or(path, |(end, _)| &path[..end])
}

/// The span of a request that has no answer. Dropped before there is one, it says why.
struct Unanswered(Option<Span>);

impl Unanswered {
    fn end(mut self, response: &Response) {
        let Some(span) = self.0.take() else { return };
        let status = response.status();
        span.record("http.response.status_code", i64::from(status.as_u16()));
        if let Some(reason) = response.headers().get(REFUSED_BY).and_then(|by| by.to_str().ok()) {
            span.record("resilience.rejected", reason);
        }
        // What a caller did wrong is no error of this side.
        if status.is_server_error() {
            failed(&span, status.as_str());
        }
    }
}

impl Drop for Unanswered {
    fn drop(&mut self) {
        if let Some(span) = &self.0 {
            // A handler that panics takes this with it on its way out.
            failed(span, if thread::panicking() { "panic" } else { "cancelled" });
        }
    }
}

fn failed(span: &Span, kind: &str) {
    span.record("error.type", kind);
    span.record("otel.status_code", "ERROR");
}
