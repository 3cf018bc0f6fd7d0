use std::{future::pending, panic::AssertUnwindSafe};

use axum::{Router, body::Body, middleware, routing::get};
use futures_util::{FutureExt as _, poll};
use http::{Request, StatusCode};
use tower::ServiceExt as _;
use tracing_subscriber::{EnvFilter, util::SubscriberInitExt as _};

use super::{Exporter, LogFormat, in_span, subscriber};
use crate::testing::{Collected, Collector};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

/// The one span that the collector gets of what `ask` does with a router.
async fn span_of(ask: impl AsyncFnOnce(Router)) -> Collected {
    let collector = Collector::start().await;
    let exporter = Exporter::start(&collector.url.parse().unwrap(), "kit", "1.2.3").unwrap();
    let filter = EnvFilter::new("off");
    let subscriber = subscriber(LogFormat::Text, filter, std::io::sink, &exporter);
    let subscriber = subscriber.set_default();
    let router = Router::new()
        .route("/panics", get(async || -> StatusCode { panic!("a bug") }))
        .route("/hangs", get(pending::<StatusCode>))
        .route("/{*rest}", get(async || StatusCode::NO_CONTENT))
        .layer(middleware::from_fn(in_span));
    ask(router).await;
    drop(subscriber);
    tokio::task::spawn_blocking(move || exporter.end()).await.unwrap();
    let [span] = &collector.spans()[..] else { panic!("one span: {:#?}", collector.spans()) };
    span.clone()
}

fn request(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn the_span_of_a_request_whose_handler_panics_is_an_error() {
    let span = span_of(async |router| {
        let answer = AssertUnwindSafe(router.oneshot(request("/panics"))).catch_unwind().await;
        assert!(answer.is_err(), "the panic goes on");
    });
    let span = span.await;
    assert!(span.is_error, "{span:#?}");
    assert_eq!((span.get("error.type"), span.get("http.response.status_code")), ("panic", ""));
}

#[tokio::test]
async fn the_span_of_a_request_whose_caller_leaves_is_an_error() {
    let span = span_of(async |router| {
        let mut call = Box::pin(router.oneshot(request("/hangs")));
        assert!(poll!(&mut call).is_pending());
    });
    let span = span.await;
    assert!(span.is_error, "{span:#?}");
    assert_eq!((span.get("error.type"), span.get("http.response.status_code")), ("cancelled", ""));
}

#[tokio::test]
async fn a_caller_that_is_not_traced_does_not_switch_traces_off() {
    let span = span_of(async |router| {
        let mut request = request("/some");
        let context = format!("00-{TRACE}-{PARENT}-00").parse().unwrap();
        request.headers_mut().insert("traceparent", context);
        router.oneshot(request).await.unwrap();
    });
    let span = span.await;
    assert_eq!((&*span.trace, &*span.parent), (TRACE, PARENT));
    assert!(!span.is_error && span.get("error.type").is_empty(), "{span:#?}");
}

#[tokio::test]
async fn of_a_long_path_256_characters_are_in_the_span() {
    let path = format!("/{}", "a".repeat(60_000));
    let span = span_of(async |router| _ = router.oneshot(request(&path)).await.unwrap()).await;
    assert_eq!(span.get("url.path"), &path[..256]);
}
