//! An axum server with a deadline and a fault switch, whose handler sheds load while what it
//! depends on is down.
//!
//! ```console
//! $ cargo run -p tower-bulwark --features fault-injection --example axum_server
//! ```

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::response::{IntoResponse, Response};
use axum::{Router, extract::State, routing::get};
use resilience::{
    BoxError, Name, Ratio, Refusal, Rejected,
    circuit_breaker::{CircuitBreakerHandle, Config},
    deadline::DeadlineLayer,
    fault::{Fault, FaultLayer, FaultPlan, FaultSwitch},
    lift::LiftLayer,
    respond::RespondLayer,
};
use tower::ServiceBuilder;

const ORDERS: Name = Name::from_static("orders");

#[derive(Clone)]
struct App {
    stock: CircuitBreakerHandle,
    stock_is_down: Arc<AtomicBool>,
}

impl App {
    async fn count(&self) -> Result<u32, BoxError> {
        tokio::time::sleep(Duration::from_millis(1)).await; // there and back
        let is_up = !self.stock_is_down.load(Ordering::Relaxed);
        is_up.then_some(12).ok_or_else(|| "stock is down".into())
    }
}

/// Asks the stock through its breaker. While that is open the answer is 503 at once, with the
/// time to come back.
async fn order(State(app): State<App>) -> Response {
    match app.stock.call(app.count()).await {
        Ok(count) => format!("{count} in stock").into_response(),
        Err(error) => match error.as_rejected().and_then(Rejected::retry_after) {
            Some(wait) => {
                let seconds = wait.as_secs_f64().ceil().to_string();
                (http::StatusCode::SERVICE_UNAVAILABLE, [("retry-after", seconds)]).into_response()
            }
            None => http::StatusCode::BAD_GATEWAY.into_response(),
        },
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let config = Config::builder().consecutive_failures(3).build()?;
    let stock = CircuitBreakerHandle::standalone(Name::from_static("stock"), config);
    let app = App { stock, stock_is_down: Arc::default() };
    let switch = FaultSwitch::new();
    let router = Router::new()
        .route("/order", get(order))
        .route("/slow", get(async || std::future::pending::<()>().await))
        .layer(
            ServiceBuilder::new()
                .layer(RespondLayer) // a rejection becomes 503 or 504
                .layer(DeadlineLayer::new(ORDERS, Duration::from_millis(500)))
                .layer(FaultLayer::http(ORDERS, switch.clone()))
                .layer(LiftLayer), // a router cannot fail; its layers can
        )
        .with_state(app.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router).await });

    println!("All is well, and one route hangs.");
    assert_eq!(ask(address, "/order").await?, "200 OK");
    assert_eq!(ask(address, "/slow").await?, "504 Gateway Timeout");

    println!("What it depends on goes down: three failures, then the breaker answers.");
    app.stock_is_down.store(true, Ordering::Relaxed);
    for _ in 0..3 {
        assert_eq!(ask(address, "/order").await?, "502 Bad Gateway");
    }
    assert_eq!(ask(address, "/order").await?, "503 Service Unavailable");

    println!("A fault on purpose, on one path, which ends by itself.");
    let plan = FaultPlan::new(Fault::Error { status: 500 }, Ratio::ONE, Duration::from_secs(1))?;
    switch.arm(plan.path_prefix("/order"));
    assert_eq!(ask(address, "/order").await?, "500 Internal Server Error");
    Ok(())
}

/// The status of a GET; prints the head of the answer.
async fn ask(address: SocketAddr, path: &'static str) -> Result<String, BoxError> {
    let asked = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address)?;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: example\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map(|_| answer)
    });
    let answer = asked.await??;
    let told = ["HTTP/1.1", "retry-after", "x-refused-by", "x-fault-injected"];
    let head = answer.lines().filter(|line| told.iter().any(|name| line.starts_with(name)));
    println!("  {path}: {}", head.collect::<Vec<_>>().join(", "));
    Ok(answer.lines().next().unwrap_or_default().trim_start_matches("HTTP/1.1 ").to_owned())
}

#[test]
fn it_ends_well() -> Result<(), BoxError> {
    main()
}
