//! Budget: how much load may attempts add?
//!
//! Reference: [`budget`](crate::budget).
//!
//! # What it does
//!
//! It lets calls pay for retries. While few calls fail there is always something to pay with. When
//! most fail there is not, and most failures are final at once, which is what a service that is
//! down needs.
//!
//! ```text
//!   each first attempt:  + 0.2 ---+
//!   each second:         + 10  ---+--> [ tokens, each lives 10 s ] --> each retry: - 1
//!                                                                      none left: no retry
//!
//!   calls/s   all fail, without a budget      all fail, with it
//!   100       300 attempts/s                  100 + 20 + 10 = 130 attempts/s
//! ```
//!
//! # When, and when not
//!
//! Always: a [`RetryLayer`](crate::retry::RetryLayer) has one without being asked. Leave it out in
//! a test, or where the whole load is one job that may try for as long as it likes.
//!
//! # Which one
//!
//! | budget | what bounds it | take it |
//! |---|---|---|
//! | [`token`](crate::budget::RetryBudget::token) | a share of the calls made in the last 10 s, and a reserve by time | to start with |
//! | [`share`](crate::budget::RetryBudget::share) | a share of the calls in flight | where calls get slow in trouble: retries then hold their places, and a storm ends itself |
//! | [`cost`](crate::budget::RetryBudget::cost) | a bucket that only success fills | where recovery and not time should allow retries again, or where a timeout should cost more than an error |
//!
//! # Defaults, and where they come from
//!
//! | budget | default | source |
//! |---|---|---|
//! | token | 20 % of the calls, 10 a second, deposits live 10 s | Finagle, whose numbers Linkerd and Tower use |
//! | share | 20 % of the calls in flight, 3 always | Failsafe |
//! | cost | 500 tokens; a retry 5, after a timeout 10; a success gives 1 back | the standard mode of AWS's clients |
//!
//! The arithmetic is exact to one millionth of a call:
//!
//! ```
//! use resilience::{Name, Ratio, budget::{Cause, RetryBudget, TokenBudget}};
//! use tokio::time::Instant;
//!
//! let config = TokenBudget::builder().min_per_sec(0).ratio(Ratio::percent(30)).build()?;
//! let budget = RetryBudget::token(Name::from_static("stock"), config);
//! let now = Instant::now();
//! for _ in 0..1_000 {
//!     drop(budget.begin(now)); // a first attempt
//! }
//! let granted = (0..1_000).filter(|_| budget.withdraw(now, Cause::Failure).is_some()).count();
//! assert_eq!(granted, 300);
//! # Ok::<(), resilience::ConfigErrors>(())
//! ```
//!
//! # Sharing
//!
//! A clone is the same budget. Retry layers that call the same service should have one, for the
//! service cannot tell whose retries they are:
//!
//! ```
//! use resilience::{Name, budget::{RetryBudget, TokenBudget}, retry::{Config, RetryLayer}};
//!
//! const STOCK: Name = Name::from_static("stock");
//! let budget = RetryBudget::token(STOCK, TokenBudget::default());
//! let reads = RetryLayer::new(STOCK, Config::default()).budget(budget.clone());
//! let writes = RetryLayer::new(STOCK, Config::default()).budget(budget);
//! ```
//!
//! # One budget per host
//!
//! A client of many hosts adds up their calls in one budget. The host that is down then spends what
//! the calls to the others have paid in, and their chance failures are final. With the feature
//! `keyed`, `RetryLayer::budget_by` has a budget for each host, route, tenant or shard; a breaker for
//! each is [another page's](super::circuit_breaker#one-breaker-per-host).
//!
//! ```
//! # #[cfg(all(feature = "keyed", feature = "http"))]
//! # mod page {
//! use http::{Request, Response};
//! use resilience::{
//!     BoxError, Name, budget::{TokenBudget, keyed::{Config, KeyedRetryBudget}},
//!     keyed::{ByHost, Key}, retry::{self, Backoff, RetryLayer},
//! };
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # pub async fn main() -> Result<(), BoxError> {
//! const HOOKS: Name = Name::from_static("webhooks");
//! let tokens = TokenBudget::builder().min_per_sec(1).build()?; // of each host
//! let budgets = KeyedRetryBudget::new(HOOKS, Config::builder(tokens).max_keys(1_000).build()?);
//! let config = retry::Config::builder().backoff(Backoff::none()).build()?;
//! let layer = RetryLayer::http(HOOKS, config).budget_by(ByHost, budgets.clone());
//! let client = layer.layer(service_fn(|request: Request<()>| async move {
//!     let status = if request.uri().host() == Some("down.example.org") { 503 } else { 200 };
//!     Response::builder().status(status).body(()).map_err(BoxError::from)
//! }));
//!
//! for host in ["down", "down", "down", "down", "down", "down", "up"] {
//!     let request = Request::get(format!("https://{host}.example.org/hook")).body(())?;
//!     client.clone().oneshot(request).await?;
//! }
//! let left = budgets.snapshots(None, 100);
//! assert_eq!((&left[0].key, left[0].balance), (&Key::from("down.example.org"), 0));
//! assert_eq!((&left[1].key, left[1].balance), (&Key::from("up.example.org"), 10));
//! # Ok(())
//! # }
//! # }
//! # #[cfg(all(feature = "keyed", feature = "http"))]
//! # fn main() -> Result<(), resilience::BoxError> { page::main() }
//! # #[cfg(not(all(feature = "keyed", feature = "http")))]
//! # fn main() {}
//! ```
//!
//! | setting | default | reason |
//! |---|---|---|
//! | keys | 10,000 | 8 MB when all are there and one thread calls; 28 MB with two, and 9 MB with each further one |
//! | idle | 5 min | long after the last token of a budget that nobody uses has expired |
//!
//! What it costs and how it goes wrong:
//!
//! - Each key has a whole reserve. 1,000 hosts with the default bring 10,000 retries a second when all
//!   are down: lower `min_per_sec`, as for a [fleet](#a-reserve-that-a-fleet-multiplies).
//! - Hosts behind one proxy or one database go down together. Key by what fails by itself.
//! - A key that a caller can choose is a reserve that it can have again, up to `max_keys` times. A
//!   budget that was drawn on keeps its place, and calls that find none share one budget, the
//!   overflow, counted in `resilience_keyed_retry_budget_keys_total{event="overflowed"}`. Raise
//!   `max_keys` where that rises and the keys are yours; where they are not, key by something else.
//! - What made-up keys come to is, for tokens, `max_keys + 1` reserves in each `ttl`; by share,
//!   `(max_keys + 1) * min_concurrency` retries in flight; by cost, `(max_keys + 1) * capacity`
//!   tokens in each `idle_for`. Choose the settings of each key by that.
//! - A key takes memory for each thread that calls with it, up to twice as many as there are cores
//!   and to 64. Bound it with `max_keys`, whose reference says how much.
//!
//! # Cancellation
//!
//! What was withdrawn stays withdrawn when the call is dropped: the attempt was made. The guards
//! [`InFlight`](crate::budget::InFlight) and [`Granted`](crate::budget::Granted) end a call in the
//! eyes of the budget, however it ended.
//!
//! # Errors
//!
//! None. Without a token the caller gets what the last attempt came to, and the
//! [event](crate::Event) says [`GaveUp::Budget`](crate::GaveUp::Budget). The balance is a gauge,
//! `resilience_retry_budget_tokens`, and `budget.balance(now)`.
//!
//! # Anti-patterns
//!
//! ## A budget for each request
//!
//! It begins with a full reserve, 100 retries, and refuses nobody. Make the layer once. The same
//! holds for a stack that is built anew for each call.
//!
//! ## A reserve that a fleet multiplies
//!
//! The reserve is there so that a service with few calls can retry at all. It belongs to each
//! process: 200 processes with the default bring 2,000 retries a second whatever the traffic. Set
//! `min_per_sec` to the fleet's reserve divided by its size:
//!
//! ```
//! use resilience::budget::TokenBudget;
//!
//! let (fleet, reserve) = (200, 200); // processes; retries a second that the service can bear
//! assert_eq!(fleet * TokenBudget::default().min_per_sec(), 2_000);
//! let config = TokenBudget::builder().min_per_sec(reserve / fleet).build()?;
//! assert_eq!(config.min_per_sec(), 1);
//! # Ok::<(), resilience::ConfigErrors>(())
//! ```
//!
//! ## A ratio of 1 and above
//!
//! It allows twice the traffic in an outage. Take what the service can bear beyond its peak, see
//! [numbers](super::choosing_numbers).
//!
//! ## Extra calls that the budget does not see
//!
//! A hedge of another library adds the same load as a retry. Ask the budget for it with
//! [`withdraw`](crate::budget::RetryBudget::withdraw), or tell it with
//! [`begin_extra`](crate::budget::RetryBudget::begin_extra).
