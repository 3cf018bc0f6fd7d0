//! A breaker and a timeout around a pool of connections, with an error type of one's own.
//!
//! ```console
//! $ cargo run -p tower-bulwark --example database_pool
//! ```

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use resilience::{
    BoxError, Name, Outcome, Refusal, Rejected,
    circuit_breaker::{CircuitBreakerLayer, Config, State},
    timeout::TimeoutLayer,
};
use tokio::{sync::Semaphore, time::sleep};
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

/// The error of the store. The last variant is all that the layers ask for.
#[derive(Debug)]
enum StoreError {
    NoSuchRow,
    Rejected(Rejected),
}

impl Refusal for StoreError {
    fn from_rejected(rejected: Rejected) -> Self {
        Self::Rejected(rejected)
    }

    fn as_rejected(&self) -> Option<&Rejected> {
        if let Self::Rejected(rejected) = self { Some(rejected) } else { None }
    }
}

/// What another client of the database may do.
static IS_LOCKED: AtomicBool = AtomicBool::new(false);

/// A pool of connections to a database in memory.
#[derive(Clone)]
struct Pool {
    connections: Arc<Semaphore>,
}

/// Waits for a connection and asks for a row. A drop gives the connection back.
async fn row(pool: Pool, id: u32) -> Result<String, StoreError> {
    let _connection = pool.connections.acquire().await.expect("never closed");
    if IS_LOCKED.load(Ordering::Relaxed) {
        std::future::pending::<()>().await;
    }
    if id < 10 { Ok(format!("row {id}")) } else { Err(StoreError::NoSuchRow) }
}

/// A row that is not there says that the database works.
fn classify(result: Result<&String, &StoreError>) -> Outcome {
    match result {
        Ok(_) | Err(StoreError::NoSuchRow) => Outcome::Success,
        // Of the refusals only the timeout stands inside of the breaker.
        Err(StoreError::Rejected(_)) => Outcome::Failure,
    }
}

async fn show<S>(store: &S, id: u32) -> Result<String, StoreError>
where
    S: Service<u32, Response = String, Error = StoreError> + Clone,
{
    let result = store.clone().oneshot(id).await;
    match &result {
        Ok(row) => println!("  {row}"),
        Err(StoreError::NoSuchRow) => println!("  there is no row {id}"),
        Err(StoreError::Rejected(rejected)) => println!("  {rejected}"),
    }
    result
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    const STORE: Name = Name::from_static("store");
    let pool = Pool { connections: Arc::new(Semaphore::new(2)) };
    let config =
        Config::builder().consecutive_failures(3).open_for(Duration::from_millis(200)).build()?;
    let breaker = CircuitBreakerLayer::with_classifier(STORE, config, classify);
    let inner = pool.clone();
    // The limit stands around the wait for a connection too: a pool that is used up is as slow
    // as a query, and nothing else would end that wait.
    let store = ServiceBuilder::new()
        .layer(breaker.clone())
        .layer(TimeoutLayer::new(STORE, Duration::from_millis(50)))
        .service(service_fn(move |id| row(inner.clone(), id)));

    println!("A row, and none.");
    assert!(show(&store, 7).await.is_ok());
    assert!(matches!(show(&store, 12).await, Err(StoreError::NoSuchRow)));

    println!("A lock: two callers hold the connections, the third waits for one.");
    IS_LOCKED.store(true, Ordering::Relaxed);
    _ = tokio::join!(show(&store, 1), show(&store, 2), show(&store, 3));
    assert_eq!(pool.connections.available_permits(), 2, "given back when they were cut");

    println!("The circuit is open: no more callers pile up.");
    assert!(show(&store, 4).await.is_err());

    println!("The lock is gone, and the wait over.");
    IS_LOCKED.store(false, Ordering::Relaxed);
    sleep(Duration::from_millis(250)).await;
    _ = tokio::join!(show(&store, 5), show(&store, 6));
    assert_eq!(breaker.handle().snapshot().state, State::Closed);
    Ok(())
}

#[test]
fn it_ends_well() -> Result<(), BoxError> {
    main()
}
