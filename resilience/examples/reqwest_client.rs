//! A reqwest client behind deadline, retry, breaker and timeout, and three ways to fail.
//!
//! ```console
//! $ cargo run -p tower-bulwark --features reqwest --example reqwest_client
//! ```

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use axum::{Router, http::StatusCode, routing::get};
use http::Request;
use resilience::{
    BoxError, Error, Listener, Name, Reason,
    circuit_breaker::{self, CircuitBreakerLayer},
    deadline::DeadlineLayer,
    http::ReqwestService,
    lift::LiftLayer,
    retry::{self, RetryLayer},
    timeout::TimeoutLayer,
};
use tokio::{net::TcpListener, time::Instant};
use tower::{Service, ServiceBuilder, ServiceExt};

const USERS: Name = Name::from_static("users-api");

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let base = serve().await?;
    let said = Listener::new(|event| println!("         {event:?}"));

    // reqwest retries some errors by itself, and follows redirects: two layers of either are
    // one too many.
    let client = reqwest::Client::builder()
        .retry(reqwest::retry::never())
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let breaker = circuit_breaker::Config::builder()
        .consecutive_failures(5)
        .open_for(Duration::from_millis(300))
        .build()?;

    // Built once. A clone shares the breaker and the budget.
    let users = ServiceBuilder::new()
        .layer(DeadlineLayer::new(USERS, Duration::from_secs(2)))
        .layer(RetryLayer::http(USERS, retry::Config::default()).on_event(said.clone()))
        .layer(CircuitBreakerLayer::http(USERS, breaker).on_event(said))
        .layer(TimeoutLayer::new(USERS, Duration::from_millis(250)))
        .layer(LiftLayer)
        .service(ReqwestService::new(client));

    println!("1. It stumbles twice; the third attempt is well.");
    let stumbles = format!("{base}/stumbles");
    assert_eq!(show(&users, &stumbles).await?, Ok(StatusCode::OK));

    println!("2. It hangs: three attempts, each cut at its limit.");
    let timed_out = Err(Some(Reason::TimedOut));
    assert_eq!(show(&users, &format!("{base}/hangs")).await?, timed_out);

    println!("3. It is gone: after five failures in a row nobody asks it any more.");
    let nobody = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let open = Err(Some(Reason::CircuitOpen));
    assert_eq!(show(&users, &format!("http://{nobody}/")).await?, open);

    println!("4. It is back: after the wait three calls find out.");
    tokio::time::sleep(Duration::from_millis(400)).await;
    for _ in 0..3 {
        assert_eq!(show(&users, &stumbles).await?, Ok(StatusCode::OK));
    }
    Ok(())
}

/// What a caller gets: a status, a rejection with its reason, or the client's own error.
async fn show<S, B>(users: &S, uri: &str) -> Result<Result<StatusCode, Option<Reason>>, BoxError>
where
    S: Service<Request<String>, Response = http::Response<B>, Error = Error<reqwest::Error>>
        + Clone,
{
    let began = Instant::now();
    let result = users.clone().oneshot(Request::get(uri).body(String::new())?).await;
    let took = began.elapsed().as_millis();
    Ok(match result {
        Ok(response) => {
            println!("{took:>4} ms  {}", response.status());
            Ok(response.status())
        }
        Err(Error::Rejected(rejected)) => {
            println!("{took:>4} ms  {rejected}; come back in {:?}", rejected.retry_after());
            Err(Some(rejected.reason()))
        }
        Err(Error::Inner(error)) => {
            println!("{took:>4} ms  {error}");
            Err(None)
        }
    })
}

/// A server that fails its first two calls, and one that never answers.
async fn serve() -> Result<String, BoxError> {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let stumbles = async || match CALLS.fetch_add(1, Ordering::Relaxed) {
        0 | 1 => StatusCode::BAD_GATEWAY,
        _ => StatusCode::OK,
    };
    let app = Router::new()
        .route("/stumbles", get(stumbles))
        .route("/hangs", get(async || std::future::pending::<StatusCode>().await));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(base)
}

#[test]
fn it_ends_well() -> Result<(), BoxError> {
    main()
}
