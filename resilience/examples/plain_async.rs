//! The policies around plain futures, without Tower: a breaker, attempts paid for from a budget,
//! and a limit for each.
//!
//! ```console
//! $ cargo run -p tower-bulwark --example plain_async
//! ```

use std::time::Duration;

use resilience::{
    BoxError, Deadline, Name, Ratio, Refusal, Rng,
    budget::{Cause, RetryBudget, TokenBudget},
    circuit_breaker::{self, CircuitBreakerHandle},
    retry::{self, Attempts, Wait},
    timeout::Limit,
};
use tokio::time::{Instant, sleep, timeout_at};

const STOCK: Name = Name::from_static("stock");

/// What all calls share.
struct Stock {
    breaker: CircuitBreakerHandle,
    budget: RetryBudget,
    retry: retry::Config,
    rng: Rng,
}

impl Stock {
    fn new() -> Result<Self, BoxError> {
        let config = circuit_breaker::Config::builder()
            .consecutive_failures(4)
            .open_for(Duration::from_millis(500))
            .open_jitter(Ratio::ZERO)
            .build()?;
        Ok(Self {
            breaker: CircuitBreakerHandle::standalone(STOCK, config),
            budget: RetryBudget::token(STOCK, TokenBudget::default()),
            retry: retry::Config::default(),
            rng: Rng::default(),
        })
    }

    /// Asks as often as is worth it, for half a second at most.
    async fn count(&self, item: &str) -> Result<u32, BoxError> {
        let began = Instant::now();
        let deadline = Deadline::at(began + Duration::from_millis(500));
        let mut attempts = Attempts::new(&self.retry, began).deadline(deadline);
        let _in_flight = self.budget.begin(began);
        loop {
            let number = attempts.made().number.get();
            let result = self.breaker.call(attempt(item, number, deadline)).await;
            let Err(error) = result else { return result };
            println!("  attempt {number}: {error}");

            // The order of the layer: worth it, allowed, paid for.
            let refused = error.as_rejected().is_some_and(|it| it.reason().is_unsent());
            if refused {
                return Err(error);
            }
            let now = Instant::now();
            let Ok(wait) = attempts.next(Wait::Backoff, now, || self.rng.draw()) else {
                return Err(error);
            };
            let Some(_paid) = self.budget.withdraw(now, Cause::Failure) else {
                return Err(error);
            };
            sleep(wait).await;
        }
    }
}

/// One attempt, cut after 50 ms or at the deadline.
async fn attempt(item: &str, number: u32, deadline: Deadline) -> Result<u32, BoxError> {
    let limit = Limit::new(Instant::now(), Duration::from_millis(50), Some(deadline));
    timeout_at(limit.due(), ask(item, number)).await.unwrap_or_else(|_| {
        // Past its limit: told in the words of the layers, so that the breaker understands.
        Err(BoxError::from_rejected(limit.rejected(STOCK)))
    })
}

/// The other side: slow for nuts, dead for screws.
async fn ask(item: &str, number: u32) -> Result<u32, BoxError> {
    match item {
        "nuts" if number == 1 => std::future::pending().await,
        "screws" => Err("connection refused".into()),
        _ => Ok(12),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let stock = Stock::new()?;
    for item in ["bolts", "nuts", "screws", "screws", "bolts"] {
        println!("{item}");
        match stock.count(item).await {
            Ok(count) => println!("  {count} in stock"),
            Err(error) => println!("  gave up: {error}"),
        }
    }
    assert!(stock.count("bolts").await.is_err(), "the circuit is open, for bolts too");

    println!("waiting for the breaker");
    stock.breaker.acquire().await.succeeded();
    assert_eq!(stock.count("bolts").await?, 12);
    println!("  {} calls went through", stock.breaker.calls().succeeded);
    Ok(())
}

#[test]
fn it_ends_well() -> Result<(), BoxError> {
    main()
}
