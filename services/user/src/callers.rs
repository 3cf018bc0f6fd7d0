//! Who asks for users, and how often.

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use http::{HeaderName, Method};

/// The header in which a caller names itself.
const CALLER: HeaderName = HeaderName::from_static("x-caller");

/// Counts arrivals at `GET /users/{id}` in `user_lookups_total`, by caller.
///
/// Seen from here, a caller that retries without a limit shows.
pub(crate) async fn count(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    if request.method() == Method::GET && route == Some("/users/{id}") {
        let caller = request.headers().get(CALLER).and_then(|value| value.to_str().ok());
        metrics::counter!("user_lookups_total", "caller" => label_of(caller)).increment(1);
    }
    next.run(request).await
}

/// The callers that are told apart; the header is the caller's to write, and labels are bounded.
fn label_of(caller: Option<&str>) -> &'static str {
    match caller {
        Some("order-guarded") => "order-guarded",
        Some("order-bare") => "order-bare",
        _ => "other",
    }
}
