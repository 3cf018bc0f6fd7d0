//! Testing: how do I test what I have built with the layers?
//!
//! The tools are in `test_util` (feature `test-util`, under `[dev-dependencies]`), which is their
//! reference. This page is about what to test with them.
//!
//! ```toml
//! [dev-dependencies]
//! resilience = { package = "tower-bulwark", version = "0.1", features = ["test-util"] }
//! tokio = { version = "1", features = ["macros", "rt", "test-util"] }
//! ```
//!
//! | what is yours | what to test | with |
//! |---|---|---|
//! | a classifier | a table of results and outcomes | a plain `#[test]` |
//! | a retry policy | what is sent again, and after how long | `Script`, `elapsed_of` |
//! | settings of a breaker | after which results it opens, when it is back | `Script`, `Events`, `advance` |
//! | a whole stack | what a caller gets, and when, in each way to fail | `Script` as the service |
//! | a layer or service | the contract of `poll_ready` and `call` | `Readiness` |
//! | the system | that it holds its promise under faults | [fault injection](super::fault_injection) |
//!
//! # Time stands still
//!
//! Begin each test with `#[tokio::test(start_paused = true)]`. The clock then moves only when
//! nothing else can be done, or when the test moves it: an open wait of a minute takes no time,
//! and a length of time can be compared with `==`. A test that sleeps for real and hopes is slow
//! on your machine and red on a busy one. All of it works for your own code as far as it reads
//! `tokio::time::Instant`.
//!
//! # A classifier
//!
//! It is a function, so ask it:
//!
//! ```
//! use resilience::{BoxError, Classify, Outcome};
//!
//! #[derive(Debug)]
//! enum Answer {
//!     Found,
//!     Missing,
//!     ReadOnly,
//! }
//!
//! let classifier = |result: Result<&Answer, &BoxError>| match result {
//!     Ok(Answer::ReadOnly) => Outcome::Failure, // the primary is gone
//!     Ok(_) => Outcome::Success,
//!     Err(_) => Outcome::Failure,
//! };
//!
//! for (answer, outcome) in [
//!     (Answer::Found, Outcome::Success),
//!     (Answer::Missing, Outcome::Success),
//!     (Answer::ReadOnly, Outcome::Failure),
//! ] {
//!     assert_eq!(classifier.classify(Ok(&answer)), outcome, "{answer:?}");
//! }
//! ```
//!
//! # A stack
//!
//! Write the stack as a function of the service inside. The program gives it the client, a test a
//! script. Chance gets a seed, or a jitter of none, so that times are exact:
//!
//! ```
//! # #[cfg(feature = "test-util")]
//! # mod page {
//! use std::time::Duration;
//! use resilience::{
//!     BoxError, Name, Reason, Refusal, Rng, circuit_breaker::{self, CircuitBreakerLayer, State},
//!     retry::{self, RetryLayer}, test_util::{Answer, Events, Script, elapsed_of},
//!     timeout::TimeoutLayer,
//! };
//! use tower::{Service, ServiceBuilder, ServiceExt};
//!
//! const STOCK: Name = Name::from_static("stock");
//!
//! /// What the program uses, around `client`.
//! fn stock<S>(
//!     client: S,
//!     rng: Rng,
//!     events: &Events,
//! ) -> impl Service<u32, Response = u32, Error = BoxError> + Clone
//! where
//!     S: Service<u32, Response = u32, Error = BoxError> + Clone,
//! {
//!     let breaker = circuit_breaker::Config::builder().consecutive_failures(4).build();
//!     ServiceBuilder::new()
//!         .layer(RetryLayer::new(STOCK, retry::Config::default()).rng(rng))
//!         .layer(
//!             CircuitBreakerLayer::new(STOCK, breaker.expect("in range"))
//!                 .on_event(events.listener()),
//!         )
//!         .layer(TimeoutLayer::new(STOCK, Duration::from_millis(250)))
//!         .service(client)
//! }
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # pub async fn main() -> Result<(), BoxError> {
//! // Half of each wait, always.
//! let half = || Rng::from_fn(|| 0.5);
//!
//! // A slow answer and an error, then a good one: 250 ms, 25 ms, at once, 50 ms, at once.
//! let events = Events::new();
//! let script = Script::new([Answer::never(), Answer::err("reset".into()), Answer::ok(12)]);
//! let (took, result) = elapsed_of(stock(script.clone(), half(), &events).oneshot(7)).await;
//! assert_eq!(result?, 12);
//! assert_eq!(took, Duration::from_millis(250 + 25 + 50));
//! assert_eq!(script.requests(), [7, 7, 7]);
//! assert_eq!(script.dropped(), 1, "the slow one was cancelled");
//!
//! // An outage: the second caller is refused after one more failure.
//! let script = Script::always(|| Answer::err("down".into()));
//! let stock = stock(script.clone(), half(), &events);
//! assert_eq!(stock.clone().oneshot(1).await.unwrap_err().to_string(), "down");
//! let refused = stock.oneshot(2).await.unwrap_err();
//! assert_eq!(refused.as_rejected().map(|it| it.reason()), Some(Reason::CircuitOpen));
//! assert_eq!(script.calls(), 4);
//! events.assert_states([State::Open]);
//! # Ok(())
//! # }
//! # }
//! # #[cfg(feature = "test-util")]
//! # fn main() -> Result<(), resilience::BoxError> { page::main() }
//! # #[cfg(not(feature = "test-util"))]
//! # fn main() {}
//! ```
//!
//! # A layer or service of your own
//!
//! The contract of Tower is easily broken without a test that looks for it: the instance that was
//! made ready has to be the one that is called, and once. A probe panics where that does not hold.
//! Here is the usual mistake, a future that calls a clone:
//!
//! ```
//! # #[cfg(feature = "test-util")]
//! # mod page {
//! use std::{future::Future, pin::Pin, task::{Context, Poll}};
//! use resilience::{BoxError, test_util::{Answer, Readiness, Script}};
//! use tower::{Service, ServiceExt};
//!
//! #[derive(Clone)]
//! struct Log<S>(S);
//!
//! impl<S> Service<u32> for Log<S>
//! where
//!     S: Service<u32, Response = u32, Error = BoxError, Future: Send> + Clone + Send + 'static,
//! {
//!     type Response = u32;
//!     type Error = BoxError;
//!     type Future = Pin<Box<dyn Future<Output = Result<u32, BoxError>> + Send>>;
//!
//!     fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
//!         self.0.poll_ready(cx)
//!     }
//!
//!     fn call(&mut self, request: u32) -> Self::Future {
//!         let mut clone = self.0.clone(); // wrong: the clone was never ready
//!         // right: let clone = self.0.clone();
//!         //        let mut ready = std::mem::replace(&mut self.0, clone);
//!         Box::pin(async move { clone.call(request).await })
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # pub async fn main() {
//! let script = Script::always(|| Answer::ok(1));
//! let log = Log(Readiness::ready().probe(script));
//! let call = tokio::spawn(log.oneshot(7));
//! assert!(call.await.unwrap_err().is_panic(), "the probe has noticed");
//! # }
//! # }
//! # #[cfg(feature = "test-util")]
//! # fn main() { page::main() }
//! # #[cfg(not(feature = "test-util"))]
//! # fn main() {}
//! ```
//!
//! # Anti-patterns
//!
//! - **Testing this crate again.** That a breaker opens after four failures in a row is tested
//!   here. Test that *your* errors are failures, and that *your* numbers do what you want.
//! - **One test for the whole day.** A stack that is built for each test shares nothing with the
//!   next: layers hold their state, and no registry outlives them but the counters of the names.
//! - **Random numbers without a seed.** `rng` of the retry and breaker layers, and
//!   [`FaultSwitch::with_rng`](crate::fault::FaultSwitch::with_rng), take a seed. Print it.
//! - **Waiting until "it should have happened".** Wait for the event, with `Events`, or run the
//!   clock to the instant, with `run_until`.
