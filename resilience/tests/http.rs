//! The layers around a real client and in front of a real server, over loopback.

#![cfg(all(feature = "http", feature = "reqwest"))]

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{Router, http::StatusCode, routing::get};
use resilience::{
    Error, Event, Listener, Name, Reason,
    circuit_breaker::{self, CircuitBreakerLayer},
    deadline::DeadlineLayer,
    http::{ReqwestService, Resend, is_unsent},
    lift::LiftLayer,
    respond::RespondLayer,
    retry::{self, Backoff, HttpPolicy, RetryLayer},
    timeout::TimeoutLayer,
};
use tower::{Service, ServiceBuilder, ServiceExt};

const NAME: Name = Name::from_static("http-test");

async fn serve(app: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

fn client<B: Resend + Into<reqwest::Body> + Send>(
    breaker: circuit_breaker::Config,
) -> impl Service<
    http::Request<B>,
    Response = http::Response<reqwest::Body>,
    Error = Error<reqwest::Error>,
    Future: Send,
> + Clone {
    let (retry, _) = counted();
    around(retry, breaker)
}

/// A retry layer that waits for nothing, and the retries it makes.
fn counted() -> (RetryLayer<HttpPolicy>, Arc<AtomicU32>) {
    let config = retry::Config::builder().backoff(Backoff::none()).build().expect("in range");
    let retries = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&retries);
    let layer = RetryLayer::http(NAME, config).on_event(Listener::new(move |event| {
        if let Event::Retried { .. } = event {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }));
    (layer, retries)
}

fn around<B: Resend + Into<reqwest::Body> + Send>(
    retry: RetryLayer<HttpPolicy>,
    breaker: circuit_breaker::Config,
) -> impl Service<
    http::Request<B>,
    Response = http::Response<reqwest::Body>,
    Error = Error<reqwest::Error>,
    Future: Send,
> + Clone {
    let builder = reqwest::Client::builder().retry(reqwest::retry::never());
    let builder = builder.redirect(reqwest::redirect::Policy::none());
    let client = builder.build().expect("no TLS to set up");
    ServiceBuilder::new()
        .layer(DeadlineLayer::new(NAME, Duration::from_secs(30)))
        .layer(retry)
        .layer(CircuitBreakerLayer::http(NAME, breaker))
        .layer(TimeoutLayer::new(NAME, Duration::from_secs(10)))
        .layer(LiftLayer)
        .service(ReqwestService::new(client))
}

fn request(address: SocketAddr) -> http::Request<String> {
    http::Request::get(format!("http://{address}/")).body(String::new()).expect("a valid URL")
}

#[tokio::test]
async fn a_failure_by_chance_is_retried_over_a_real_connection() {
    let calls = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&calls);
    let flaky = get(move || {
        let call = counter.fetch_add(1, Ordering::Relaxed);
        async move { if call == 0 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK } }
    });
    let address = serve(Router::new().route("/", flaky)).await;
    let response = client(circuit_breaker::Config::default()).oneshot(request(address)).await;
    assert_eq!(response.unwrap().status(), 200);
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_dead_server_opens_the_breaker_and_the_error_keeps_its_type() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let config = circuit_breaker::Config::builder().consecutive_failures(3).build().unwrap();
    let client = client(config);
    match client.clone().oneshot(request(address)).await.unwrap_err() {
        Error::Inner(error) => assert!(error.is_connect(), "{error:?}"),
        Error::Rejected(rejected) => panic!("three attempts were allowed: {rejected}"),
    }
    match client.oneshot(request(address)).await.unwrap_err() {
        Error::Rejected(rejected) => assert_eq!(rejected.reason(), Reason::CircuitOpen),
        Error::Inner(error) => panic!("the breaker should be open: {error}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_router_that_takes_too_long_answers_504_with_a_problem() {
    let app: Router = Router::new().route("/", get(std::future::pending::<StatusCode>)).layer(
        ServiceBuilder::new()
            .layer(RespondLayer)
            .layer(DeadlineLayer::new(NAME, Duration::from_secs(2)))
            .layer(LiftLayer),
    );
    let request = axum::extract::Request::get("/").body(axum::body::Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
    let body = axum::body::to_bytes(response.into_body(), 1_000).await.unwrap();
    let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(problem["reason"], "deadline_exceeded");
}

fn post(address: SocketAddr) -> http::Request<String> {
    http::Request::post(format!("http://{address}/")).body("an order".into()).expect("a valid URL")
}

#[tokio::test]
async fn a_post_to_where_nobody_listens_is_tried_again() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let (layer, retries) = counted();
    let client = around(layer, circuit_breaker::Config::default());
    let Error::Inner(error) = client.oneshot(post(address)).await.unwrap_err() else {
        panic!("the breaker has not seen enough")
    };
    assert!(is_unsent(&error), "{error:?}");
    assert_eq!(retries.load(Ordering::Relaxed), 2);
    // The texts by which the error is told without reqwest's own word.
    let below = std::error::Error::source(&error).expect("hyper-util's");
    assert_eq!(below.to_string(), "client error (Connect)");
    assert!(is_unsent(below));
}

#[tokio::test]
async fn a_post_whose_connection_breaks_is_not_sent_again() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let accepted = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&accepted);
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::Relaxed);
            // Some of the request has arrived when the connection is dropped.
            let _ = connection.readable().await;
        }
    });
    let (layer, retries) = counted();
    let client = around(layer, circuit_breaker::Config::default());
    let Error::Inner(error) = client.clone().oneshot(post(address)).await.unwrap_err() else {
        panic!("the breaker has not seen enough")
    };
    assert!(!is_unsent(&error), "{error:?}");
    assert_eq!((retries.load(Ordering::Relaxed), accepted.load(Ordering::Relaxed)), (0, 1));
    client.oneshot(request(address)).await.unwrap_err();
    assert_eq!(accepted.load(Ordering::Relaxed), 4, "a GET is");
}

#[cfg(feature = "http-body")]
mod uploads {
    use std::{
        io,
        pin::Pin,
        sync::Mutex,
        task::{Context, Poll},
    };

    use bytes::Bytes;
    use http_body::{Body, Frame};
    use resilience::BoxError;

    use super::*;

    /// A body that breaks off with an error after its first bytes.
    #[derive(Clone)]
    struct BreaksOff {
        frames: Arc<Mutex<Vec<Result<Bytes, BoxError>>>>,
    }

    impl BreaksOff {
        fn with(error: impl Into<BoxError>) -> Self {
            let frames = vec![Err(error.into()), Ok(Bytes::from_static(b"half an "))];
            Self { frames: Arc::new(Mutex::new(frames)) }
        }
    }

    impl Body for BreaksOff {
        type Data = Bytes;
        type Error = BoxError;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
            let frame = self.frames.lock().expect("whole").pop();
            Poll::Ready(frame.map(|frame| frame.map(Frame::data)))
        }
    }

    impl From<BreaksOff> for reqwest::Body {
        fn from(body: BreaksOff) -> Self {
            Self::wrap(body)
        }
    }

    #[tokio::test]
    async fn a_post_whose_body_could_not_connect_to_its_source_is_not_sent_again() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let nowhere = listener.local_addr().unwrap();
        drop(listener);
        let source = reqwest::get(format!("http://{nowhere}/")).await.unwrap_err();
        assert!(is_unsent(&source), "the source never got its own request");
        let address =
            serve(Router::new().route("/", axum::routing::post(async |_: String| ()))).await;

        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        for body in [BreaksOff::with(refused), BreaksOff::with(source)] {
            let request = http::Request::post(format!("http://{address}/")).body(body).unwrap();
            let (layer, retries) = counted();
            let client = around(layer, circuit_breaker::Config::default());
            let Error::Inner(error) = client.oneshot(request).await.unwrap_err() else {
                panic!("the breaker has not seen enough")
            };
            assert!(!is_unsent(&error), "{error:?}");
            assert_eq!(retries.load(Ordering::Relaxed), 0);
            // The error says what kept its source from answering, and by which sentence it is told.
            let chain = std::iter::successors(Some(&error as &dyn std::error::Error), |error| {
                error.source()
            });
            let texts: Vec<_> = chain.map(ToString::to_string).collect();
            assert!(texts.iter().any(|text| text == "error from user's Body stream"), "{texts:?}");
            let last = texts.last().expect("the error itself");
            assert!(last.to_lowercase().contains("connection refused"), "{texts:?}");
        }
    }
}

#[tokio::test]
async fn a_service_that_is_down_for_a_while_counts_against_the_breaker() {
    let down = get(|| async { (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "0")]) });
    let address = serve(Router::new().route("/", down)).await;
    let breaker = circuit_breaker::Config::builder().consecutive_failures(2).build().unwrap();
    match client(breaker).oneshot(request(address)).await.unwrap_err() {
        Error::Rejected(rejected) => assert_eq!(rejected.reason(), Reason::CircuitOpen),
        Error::Inner(error) => panic!("the breaker should be open: {error}"),
    }
}

#[cfg(feature = "http-body")]
#[tokio::test]
async fn a_body_that_is_no_clone_is_sent_again_over_a_real_connection() {
    use http_body_util::{BodyExt, Full};
    use resilience::http::ReplayBody;

    let calls = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&calls);
    let echo = axum::routing::put(async move |body: String| {
        let is_first = counter.fetch_add(1, Ordering::Relaxed) == 0;
        (if is_first { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }, body)
    });
    let address = serve(Router::new().route("/", echo)).await;
    let send = async |cap| {
        calls.store(0, Ordering::Relaxed);
        let body = ReplayBody::new(Full::<bytes::Bytes>::from("hello").boxed(), cap);
        let request = http::Request::put(format!("http://{address}/")).body(body).unwrap();
        let response = client(circuit_breaker::Config::default()).oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        (status, response.into_body().collect().await.unwrap().to_bytes())
    };
    assert_eq!(send(5).await, (200, "hello".into()));
    assert_eq!(send(4).await, (503, "hello".into()), "too long to be kept");
}
