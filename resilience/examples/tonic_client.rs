//! A tonic client behind retry, breaker and timeout: gRPC tells failures by `grpc-status`, and its
//! request bodies are streams.
//!
//! ```console
//! $ cargo run -p tower-bulwark --features http-body --example tonic_client
//! ```

use std::sync::atomic::{AtomicU32, Ordering};
use std::{convert::Infallible, time::Duration};

use bytes::{Buf, BufMut};
use http::uri::PathAndQuery;
use resilience::circuit_breaker::{self, CircuitBreakerLayer};
use resilience::http::{HttpClassifier, ReplayBody};
use resilience::retry::{self, HttpPolicy, Idempotency, RetryLayer};
use resilience::{BoxError, Classify, Error, Name, Outcome, Refusal};
use resilience::{lift::LiftLayer, timeout::TimeoutLayer};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Code, Request, Response, Status, body::Body, client::Grpc};
use tower::{ServiceBuilder, service_fn};

/// An error in gRPC has HTTP's status 200, and its code in the headers when there is no message.
fn grpc(result: Result<&http::Response<Body>, &Error<Infallible>>) -> Outcome {
    let code = result.ok().and_then(|it| it.headers().get("grpc-status"));
    match code.map(|code| Code::from_bytes(code.as_bytes())) {
        Some(Code::Unavailable | Code::Internal | Code::Unknown) => Outcome::Failure,
        Some(Code::ResourceExhausted) => Outcome::RateLimited { retry_after: None },
        _ => HttpClassifier.classify(result),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    const STOCK: Name = Name::from_static("stock");
    let breaker = circuit_breaker::Config::builder().consecutive_failures(4).build()?;
    let policy = HttpPolicy::new(grpc, Idempotency::All); // all of its calls may be sent twice
    let stack = ServiceBuilder::new()
        .map_request(|request: http::Request<Body>| request.map(|it| ReplayBody::new(it, 64 << 10)))
        .layer(RetryLayer::with_policy(STOCK, retry::Config::default(), policy))
        .layer(CircuitBreakerLayer::with_classifier(STOCK, breaker, grpc))
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

/// Messages of plain text. Generated code brings a codec for its own.
#[derive(Clone, Copy, Default)]
struct Text;

impl Codec for Text {
    type Encode = String;
    type Decode = String;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Text {
    type Item = String;
    type Error = Status;

    fn encode(&mut self, text: String, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(text.as_bytes());
        Ok(())
    }
}

impl Decoder for Text {
    type Item = String;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<String>, Status> {
        let text = String::from_utf8(buffer.copy_to_bytes(buffer.remaining()).into());
        text.map(Some).map_err(|_| Status::internal("no text"))
    }
}

#[test]
fn it_ends_well() -> Result<(), BoxError> {
    main()
}
