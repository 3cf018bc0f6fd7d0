//! Counts and times every request.

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use http::Method;
use tokio::time::Instant;

use crate::problem::REFUSED_BY;

/// The status that is counted when the caller went away before the answer; nobody receives it.
const CALLER_LEFT: u16 = 499;

/// Counts a request in `http_requests_total` and times it in `http_request_duration_seconds`.
///
/// An answer that says that a policy refused is counted in `http_requests_refused_total` as well:
/// its status alone would not tell it from a failure.
///
/// The labels are bounded whatever callers send: the route is the pattern that matched and not
/// the path, and a method that no route knows is `other`.
pub async fn observe(request: Request, next: Next) -> Response {
    let observed = Observed::begin(&request);
    let response = next.run(request).await;
    observed.end(&response);
    response
}

/// A request in progress. Dropped before its end, it is counted as one that the caller left.
struct Observed {
    route: String,
    method: &'static str,
    status: u16,
    begun: Instant,
}

impl Observed {
    fn begin(request: &Request) -> Self {
        let route = request.extensions().get::<MatchedPath>();
        Self {
            route: route.map_or("unmatched", MatchedPath::as_str).to_owned(),
            method: label_of(request.method()),
            status: CALLER_LEFT,
            begun: Instant::now(),
        }
    }

    fn end(mut self, response: &Response) {
        self.status = response.status().as_u16();
        if response.headers().contains_key(REFUSED_BY) {
            metrics::counter!("http_requests_refused_total",
                "route" => self.route.clone(), "method" => self.method)
            .increment(1);
        }
    }
}

impl Drop for Observed {
    fn drop(&mut self) {
        let route = std::mem::take(&mut self.route);
        let status = self.status.to_string();
        metrics::counter!("http_requests_total",
            "route" => route.clone(), "method" => self.method, "status" => status)
        .increment(1);
        metrics::histogram!("http_request_duration_seconds",
            "route" => route, "method" => self.method)
        .record(self.begun.elapsed().as_secs_f64());
    }
}

pub(crate) fn label_of(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::PATCH => "PATCH",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
