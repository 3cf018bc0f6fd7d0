//! A tonic client behind retry, breaker and timeout: gRPC tells failures by `grpc-status`, and its
//! request bodies are streams.
//!
//! ```console
//! $ cargo run -p tower-bulwark --features grpc,http-body --example tonic_client
//! ```

use std::sync::atomic::{AtomicU32, Ordering};
use std::{convert::Infallible, time::Duration};

use http::uri::PathAndQuery;
use resilience::circuit_breaker::{self, CircuitBreakerLayer};
use resilience::retry::{self, HttpPolicy, Idempotency, RetryLayer};
use resilience::{BoxError, Name, Refusal, grpc::GrpcClassifier, http::ReplayBody};
use resilience::{lift::LiftLayer, timeout::TimeoutLayer};
use tonic::{Request, Response, Status, body::Body, client::Grpc};
use tower::{ServiceBuilder, service_fn};

use text::Text;

mod text;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    const STOCK: Name = Name::from_static("stock");
    let breaker = circuit_breaker::Config::builder().consecutive_failures(4).build()?;
    let policy = HttpPolicy::new(GrpcClassifier, Idempotency::All); // all of its calls may be sent twice
    let stack = ServiceBuilder::new()
        .map_request(|request: http::Request<Body>| request.map(|it| ReplayBody::new(it, 64 << 10)))
        .layer(RetryLayer::with_policy(STOCK, retry::Config::default(), policy))
        .layer(CircuitBreakerLayer::with_classifier(STOCK, breaker, GrpcClassifier))
        .layer(TimeoutLayer::new(STOCK, Duration::from_millis(250)))
        .map_request(|request: http::Request<ReplayBody<Body>>| request.map(Body::new))
        .layer(LiftLayer)
        .service(service_fn(server)); // in a program: tonic's `Channel`
    let mut client = Grpc::new(stack);

    for item in ["bolts", "nuts", "screws", "screws"] {
        client.ready().await?;
        let path = PathAndQuery::from_static("/Stock/Count");
        match client.unary(Request::new(item.to_owned()), path, Text).await {
            Ok(answer) => println!("{item}: {}", answer.into_inner()),
            // A refusal is among the sources of the status, whose code is "unknown" then.
            Err(status) => match BoxError::from(status).as_rejected() {
                Some(rejected) => println!("{item}: refused, {rejected}"),
                None => println!("{item}: it failed"),
            },
        }
    }
    assert_eq!(CALLS.load(Ordering::Relaxed), 1 + 2 + 3 + 1, "the last call met an open circuit");
    Ok(())
}

static CALLS: AtomicU32 = AtomicU32::new(0);

/// The other side, in this process: knows bolts, stumbles over nuts and is down for screws.
async fn server(request: http::Request<Body>) -> Result<http::Response<Body>, Infallible> {
    let count = service_fn(async |request: Request<String>| {
        let number = CALLS.fetch_add(1, Ordering::Relaxed);
        match request.into_inner().as_str() {
            "screws" => Err(Status::unavailable("down")),
            "nuts" if number == 1 => Err(Status::unavailable("restarting")),
            item => Ok(Response::new(format!("12 {item}"))),
        }
    });
    Ok(tonic::server::Grpc::new(Text).unary(count, request).await)
}

#[test]
fn it_ends_well() -> Result<(), BoxError> {
    main()
}
