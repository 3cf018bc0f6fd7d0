//! A tonic server that keeps to the time its callers give, and a client that tells it.
//!
//! ```console
//! $ cargo run -p tower-bulwark --features grpc,http-body --example tonic_server
//! ```

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::{convert::Infallible, net::SocketAddr, time::Duration};

use http::uri::PathAndQuery;
use resilience::circuit_breaker::{self, CircuitBreakerLayer};
use resilience::propagate::{self, PropagateLayer};
use resilience::retry::{self, Backoff, HttpPolicy, Idempotency, Jitter, RetryLayer};
use resilience::{BoxError, Carried, Carry, Criticality, Deadline, Name, Refusal};
use resilience::{deadline::DeadlineLayer, lift::LiftLayer, respond::RespondLayer};
use resilience::{grpc::GrpcClassifier, http::ReplayBody};
use tokio::{net::TcpListener, time::Instant};
use tonic::transport::{Channel, Server, server::TcpIncoming};
use tonic::{Code, Request, Response, Status, body::Body, client::Grpc, client::GrpcService};
use tower::{ServiceBuilder, service_fn};

use text::Text;

mod text;

const STOCK: Name = Name::from_static("stock");

/// Requests that came through the layers of the server.
static WORKED_ON: AtomicU64 = AtomicU64::new(0);

/// The milliseconds that the last of them had left.
static LEFT: AtomicU64 = AtomicU64::new(0);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(serve(listener));
    let client = client(address)?;

    println!("A request tells how long its caller waits, 2 s less 500 ms for the way back.");
    assert_eq!(count(&client, "bolts").await?, "12 bolts");
    assert!((1..=1_500).contains(&LEFT.load(Relaxed)));

    println!("What the caller asks for by tonic's own means is shorter, and counts.");
    let mut urgent = Request::new("bolts".to_owned());
    urgent.set_timeout(Duration::from_secs(1)); // as `grpc-timeout`
    assert_eq!(send(&client, urgent).await?, "12 bolts");
    assert!((1..=1_000).contains(&LEFT.load(Relaxed)));

    println!("An attempt that fails by its code is made again, with the time that is left.");
    WORKED_ON.store(0, Relaxed);
    assert_eq!(count(&client, "nuts").await?, "12 nuts");
    assert_eq!(WORKED_ON.swap(0, Relaxed), 2);
    assert!((1..=900).contains(&LEFT.load(Relaxed)));

    println!("Work that takes longer is ended by the server, while its caller still listens.");
    let status = count(&client, "rivets").await.expect_err("too slow");
    assert_eq!((status.code(), WORKED_ON.swap(0, Relaxed)), (Code::DeadlineExceeded, 1));

    println!("A request for which nobody waits is refused before any work.");
    let mut late = Request::new("bolts".to_owned());
    late.metadata_mut().insert("x-request-timeout-ms", "0".parse()?);
    let status = send(&client, late).await.expect_err("too late");
    assert_eq!((status.code(), WORKED_ON.swap(0, Relaxed)), (Code::DeadlineExceeded, 0));

    println!("What the service does not have is an answer, and no failure of it.");
    for _ in 0..5 {
        assert_eq!(count(&client, "gold").await.expect_err("none").code(), Code::NotFound);
    }

    println!("After four failures in a row the client asks no more.");
    WORKED_ON.store(0, Relaxed);
    for _ in 0..2 {
        count(&client, "screws").await.expect_err("down");
    }
    let status = count(&client, "bolts").await.expect_err("not sent");
    assert!(BoxError::from(status).as_rejected().is_some(), "by its own breaker");
    assert_eq!(WORKED_ON.load(Relaxed), 4);
    Ok(())
}

/// Outermost the answer to what the layers below refuse, then the deadline, then the service.
async fn serve(listener: TcpListener) -> Result<(), tonic::transport::Error> {
    let layers = ServiceBuilder::new()
        .layer(RespondLayer::grpc())
        .layer(DeadlineLayer::http(STOCK, Duration::from_secs(30)))
        .layer(LiftLayer);
    let incoming = TcpIncoming::from(listener);
    Server::builder().layer(layers).serve_with_incoming(service_fn(stock), incoming).await
}

/// Knows bolts, stumbles over nuts, is slow with rivets, down for screws and has nothing else.
async fn stock(request: http::Request<Body>) -> Result<http::Response<Body>, Infallible> {
    let number = WORKED_ON.fetch_add(1, Relaxed);
    let left = Deadline::of(&request).map(|deadline| deadline.remaining(Instant::now()));
    let left = left.expect("the layer has set one").as_millis();
    LEFT.store(left.try_into().expect("at most 30 s"), Relaxed);
    let class = request.carried().criticality;
    assert_eq!(class, Criticality::Sheddable, "as the client says");
    println!("  the server has {left} ms for what is {}", class.as_str());
    let count = service_fn(async |request: Request<String>| match request.into_inner().as_str() {
        "nuts" if number == 0 => Err(Status::unavailable("restarting")),
        "screws" => Err(Status::unavailable("down")),
        "rivets" => std::future::pending().await,
        item @ ("bolts" | "nuts") => Ok(Response::new(format!("12 {item}"))),
        item => Err(Status::not_found(format!("no {item}"))),
    });
    Ok(tonic::server::Grpc::new(Text).unary(count, request).await)
}

/// A stack of the client's side, to be cloned for each call.
fn client(
    address: SocketAddr,
) -> Result<impl GrpcService<Body, ResponseBody = Body, Error = BoxError> + Clone, BoxError> {
    let channel = Channel::from_shared(format!("http://{address}"))?.connect_lazy();
    let backoff = Backoff::fixed(Duration::from_millis(600)).jitter(Jitter::None).build()?;
    let retry = retry::Config::builder().max_attempts(2).backoff(backoff).build()?;
    let policy = HttpPolicy::new(GrpcClassifier, Idempotency::All);
    let breaker = circuit_breaker::Config::builder().consecutive_failures(4).build()?;
    // More than is needed here, so that a slow machine shows the same.
    let margin = propagate::Config::builder().margin(Duration::from_millis(500)).build()?;
    Ok(ServiceBuilder::new()
        .map_request(|request: http::Request<Body>| request.map(|it| ReplayBody::new(it, 64 << 10)))
        .layer(DeadlineLayer::new(STOCK, Duration::from_secs(2)))
        .layer(RetryLayer::with_policy(STOCK, retry, policy))
        .layer(CircuitBreakerLayer::with_classifier(STOCK, breaker, GrpcClassifier))
        // In `grpc-timeout` tonic's channel would take the time for its own limit, and give up as
        // early as the server does.
        .layer(PropagateLayer::http(STOCK, margin))
        .map_request(|request: http::Request<ReplayBody<Body>>| request.map(Body::new))
        .map_err(BoxError::from)
        .service(channel))
}

async fn count<S>(client: &S, item: &str) -> Result<String, Status>
where
    S: GrpcService<Body, ResponseBody = Body, Error = BoxError> + Clone,
{
    send(client, Request::new(item.to_owned())).await
}

/// Sends a request that matters little, as this program does.
async fn send<S>(client: &S, mut request: Request<String>) -> Result<String, Status>
where
    S: GrpcService<Body, ResponseBody = Body, Error = BoxError> + Clone,
{
    let mut carried = Carried::default();
    carried.criticality = Criticality::Sheddable;
    request.extensions_mut().insert(carried);
    let mut client = Grpc::new(client.clone());
    client.ready().await.map_err(Status::from_error)?;
    let path = PathAndQuery::from_static("/Stock/Count");
    let answer = client.unary(request, path, Text).await.map(Response::into_inner);
    match &answer {
        Ok(count) => println!("  {count}"),
        Err(status) => println!("  {:?}: {}", status.code(), status.message()),
    }
    answer
}

#[test]
fn it_ends_well() -> Result<(), BoxError> {
    main()
}
