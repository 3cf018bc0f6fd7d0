//! Moving from another library: what is it called here, and what differs?
//!
//! What is said of another library's behaviour was measured with, or read in, the version that is
//! named. Other versions may differ.
//!
//! # From Tower's own layers
//!
//! tower 0.5.3. Its limits, buffer, load shedding, balancing and discovery have no counterpart
//! here: keep them, they compose with these layers.
//!
//! | there | here | what differs |
//! |---|---|---|
//! | `timeout::TimeoutLayer` | [`TimeoutLayer`](crate::timeout::TimeoutLayer) | there the error becomes `BoxError`; here the error type stays, see [`Refusal`](crate::Refusal). The timer is armed when the call first pends |
//! | `retry::Policy::retry`, a future that decides and waits | [`Policy::decide`](crate::retry::Policy::decide), which names the wait | limits, jitter, deadline and budget are the layer's work and not the policy's |
//! | `Policy::clone_request` | [`Policy::replay`](crate::retry::Policy::replay), and [`may_resend`](crate::retry::Policy::may_resend) after the attempt | a POST that never left can be sent again |
//! | `retry::budget::TpsBudget` | [`RetryBudget::token`](crate::budget::RetryBudget::token) | there a share is rounded to one in a whole number: 30 % grants 33 %, 40 % grants 50 %, and 60 % and more grant 100 %. Here it is exact to a millionth |
//! | deposits where the policy says | each first attempt deposits | an outage does not starve the budget of deposits |
//! | `ExponentialBackoff` | [`Backoff`](crate::retry::Backoff) | full jitter unless told otherwise |
//! | `load_shed`, `limit` | Tower's | give the classifier [`Outcome::Ignored`](crate::Outcome::Ignored) for `Overloaded`, see [retry](super::retry#retrying-what-another-layer-refused) |
//! | – | [`CircuitBreakerLayer`](crate::circuit_breaker::CircuitBreakerLayer), [`DeadlineLayer`](crate::deadline::DeadlineLayer), [`FaultLayer`](crate::fault::FaultLayer) | |
//!
//! Before:
//!
//! ```text
//! impl<Res> tower::retry::Policy<u32, Res, BoxError> for ThreeTimes {
//!     type Future = Ready<()>;
//!     fn retry(&mut self, _: &mut u32, result: &mut Result<Res, BoxError>) -> Option<Ready<()>> {
//!         if result.is_ok() || self.left == 0 { return None; }
//!         self.left -= 1;
//!         Some(ready(()))                  // at once: no wait, no jitter, no budget
//!     }
//!     fn clone_request(&mut self, request: &u32) -> Option<u32> { Some(*request) }
//! }
//! ServiceBuilder::new()
//!     .layer(tower::retry::RetryLayer::new(ThreeTimes { left: 2 }))
//!     .layer(tower::timeout::TimeoutLayer::new(Duration::from_millis(250)))
//!     .service(client)
//! ```
//!
//! After:
//!
//! ```
//! use std::time::Duration;
//! use resilience::{BoxError, Name, retry::{Config, RetryLayer}, timeout::TimeoutLayer};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! # let client = service_fn(async |id: u32| Ok::<_, BoxError>(id));
//! const STOCK: Name = Name::from_static("stock");
//! let stock = ServiceBuilder::new()
//!     .layer(RetryLayer::new(STOCK, Config::default()))
//!     .layer(TimeoutLayer::new(STOCK, Duration::from_millis(250)))
//!     .service(client);
//! assert_eq!(stock.oneshot(7).await?, 7);
//! # Ok(())
//! # }
//! ```
//!
//! reqwest 0.13 has a retry of its own with Tower's budget and without a wait; deposits come from
//! successes only. Switch it off under these layers: `.retry(reqwest::retry::never())`.
//!
//! # From tower-resilience
//!
//! tower-resilience 0.13.0. It has more patterns than this crate: bulkhead, rate limit, hedge,
//! fallback, cache, coalescing. They are Tower layers and can stay beside these.
//!
//! | there | here | what differs |
//! |---|---|---|
//! | `CircuitBreakerLayer::builder()` | [`circuit_breaker::Config::builder`](crate::circuit_breaker::Config::builder) and [`CircuitBreakerLayer::new`](crate::circuit_breaker::CircuitBreakerLayer::new) | settings are checked together by `build`, which returns a `Result` |
//! | `sliding_window_size(n)` | [`Window::Count`](crate::circuit_breaker::Window::Count) | there counts grow until the next change of state: after 1,000 successes with a window of 10 and 50 %, 1,000 failures opened it. Here 5 do |
//! | `minimum_number_of_calls(n)` | [`min_calls`](crate::circuit_breaker::ConfigBuilder::min_calls) | there a minimum below the window's size had no effect |
//! | `wait_duration_in_open`, 30 s | [`open_for`](crate::circuit_breaker::ConfigBuilder::open_for), 5 s | here it grows and varies |
//! | a result of a call that began before the circuit opened | counts nowhere | there a late success closed a half-open circuit |
//! | a probe that hangs | the circuit reopens, and asks again | there it refused all for as long as the probe hung |
//! | retry's predicate | [`Classify`](crate::Classify), [`Policy`](crate::retry::Policy) | there an open circuit is retried by default; here it is not |
//! | retry budget, one token a success | 0.2 tokens a first attempt | there it allows one retry for each success |
//! | `Req: Clone` | [`Policy::replay`](crate::retry::Policy::replay) | a request that cannot be copied is sent once |
//! | `std::time::Instant` in the breaker | Tokio's | `tokio::time::pause` drives it |
//! | `TimeLimiterLayer` | [`TimeoutLayer`](crate::timeout::TimeoutLayer) | the limit is required |
//! | chaos | [`FaultLayer`](crate::fault::FaultLayer) | armed while it runs, with an expiry |
//!
//! Before:
//!
//! ```text
//! let breaker = CircuitBreakerLayer::builder()
//!     .failure_rate_threshold(0.5)
//!     .sliding_window_size(100)
//!     .wait_duration_in_open(Duration::from_secs(30))
//!     .build();
//! ```
//!
//! After:
//!
//! ```
//! use std::time::Duration;
//! use resilience::{Name, Ratio, circuit_breaker::{CircuitBreakerLayer, Config, Window}};
//!
//! let config = Config::builder()
//!     .failure_rate(Ratio::percent(50))
//!     .window(Window::Count { size: 100 })
//!     .min_calls(100)
//!     .open_for(Duration::from_secs(30))
//!     .build()?;
//! let breaker = CircuitBreakerLayer::new(Name::from_static("stock"), config);
//! # Ok::<(), resilience::ConfigErrors>(())
//! ```
//!
//! # From seatbelt
//!
//! seatbelt 0.11.0. Its layers stand on a service trait of their own, with a feature for Tower; it
//! has hedging, fallback and breakers by key, which this crate has not.
//!
//! | there | here | what differs |
//! |---|---|---|
//! | `Breaker::layer(name, &context)` | [`CircuitBreakerLayer::new`](crate::circuit_breaker::CircuitBreakerLayer::new) | no context: the layer holds the state, the clock is Tokio's |
//! | `recovery_with` and `RecoveryInfo` | [`Classify`](crate::Classify) and [`Outcome`](crate::Outcome) | one classifier for breaker and retry |
//! | `rejected_error`, a closure for each layer | [`Refusal`](crate::Refusal), once for each error type | retry sees that a layer inside refused, and stops |
//! | 10 % of 100 calls in 30 s | 50 % of 20 calls in 30 s | |
//! | recovery in stages, 0.1 % to 50 % of the calls | 2 of 3 probes; [`HalfOpen::Shares`](crate::circuit_breaker::HalfOpen::Shares) for stages | |
//! | dropped calls open it when all calls of the window were dropped | they say nothing; [`Cancelled::FailureFrom`](crate::circuit_breaker::Cancelled::FailureFrom) a share of 1 is that | |
//! | calls are tagged as probe or normal | as of an [epoch](crate::circuit_breaker) | there a probe of one half-open period closed the circuit in the next |
//! | a panic in a call is not recorded | it is a failure | |
//! | retry calls a clone | the instance that was made ready | there the first call around Tower's `ConcurrencyLimit` panicked |
//! | – | [budgets](crate::budget), [deadline](crate::deadline) | |
//! | `Clock`, `ClockControl` | `tokio::time::pause` and `advance` | its clock is not moved by Tokio's |
//!
//! Before:
//!
//! ```text
//! let context = ResilienceContext::new(&clock);
//! let stock = (
//!     Retry::layer("retry", &context)
//!         .clone_input()
//!         .recovery_with(|output: &Result<u32, BoxError>, _| match output {
//!             Ok(_) => RecoveryInfo::never(),
//!             Err(_) => RecoveryInfo::retry(),
//!         }),
//!     Execute::new(ask_stock),
//! ).into_service();
//! stock.execute(7).await
//! ```
//!
//! After:
//!
//! ```
//! use resilience::{BoxError, Name, retry::{Config, RetryLayer}};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # async fn ask_stock(id: u32) -> Result<u32, BoxError> { Ok(id) }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! let retry = RetryLayer::new(Name::from_static("stock"), Config::default());
//! let stock = retry.layer(service_fn(ask_stock));
//! assert_eq!(stock.oneshot(7).await?, 7);
//! # Ok(())
//! # }
//! ```
//!
//! # From failsafe
//!
//! failsafe 1.3.0. A breaker around closures and futures, without Tower.
//!
//! | there | here | what differs |
//! |---|---|---|
//! | `Config::new().build()` | [`CircuitBreakerHandle::standalone`](crate::circuit_breaker::CircuitBreakerHandle::standalone) | |
//! | `call` of a closure | [`try_acquire`](crate::circuit_breaker::CircuitBreakerHandle::try_acquire) and [`run`](crate::circuit_breaker::CallPermit::run) | here a panic counts as a failure |
//! | `call` of a future | [`CircuitBreakerHandle::call`](crate::circuit_breaker::CircuitBreakerHandle::call) | in both the future is made before the breaker is asked: put what must not happen behind an `async` block |
//! | `Error::Rejected` | [`Error::Rejected`](crate::Error::Rejected), or your type by [`Refusal`](crate::Refusal) | with reason, name and the time to come back |
//! | `consecutive_failures(n, backoff)` | [`consecutive_failures`](crate::circuit_breaker::ConfigBuilder::consecutive_failures) and [`open_growth`](crate::circuit_breaker::ConfigBuilder::open_growth) | |
//! | `success_rate_over_time_window`, a moving average | [`Rule::SuccessRateBelow`](crate::circuit_breaker::Rule::SuccessRateBelow), counted in a window | there a part of a second in the window was cut off |
//! | half-open admits all callers | it admits 3 | of 1,000 callers at once, 1,000 passed there |
//!
//! Before:
//!
//! ```text
//! let policy = failure_policy::consecutive_failures(3, backoff::exponential(
//!     Duration::from_secs(10), Duration::from_secs(60)));
//! let breaker = Config::new().failure_policy(policy).build();
//! match breaker.call(|| read_stock(7)) {
//!     Ok(count) => use_it(count),
//!     Err(Error::Inner(error)) => report(error),
//!     Err(Error::Rejected) => skip(),
//! }
//! ```
//!
//! After:
//!
//! ```
//! use std::{io, time::Duration};
//! use resilience::{BoxError, Name, circuit_breaker::{CircuitBreakerHandle, Config}};
//!
//! # fn read_stock(_: u32) -> io::Result<u32> { Err(io::ErrorKind::TimedOut.into()) }
//! # fn main() -> Result<(), BoxError> {
//! let config = Config::builder()
//!     .consecutive_failures(3)
//!     .no_failure_rate()
//!     .open_for(Duration::from_secs(10))
//!     .open_growth(2.0, Duration::from_secs(60))
//!     .build()?;
//! let breaker = CircuitBreakerHandle::standalone(Name::from_static("stock"), config);
//! for _ in 0..3 {
//!     assert!(breaker.try_acquire()?.run(|| read_stock(7)).is_err());
//! }
//! let rejected = breaker.try_acquire().unwrap_err();
//! assert_eq!(rejected.to_string(), "stock: circuit is open");
//! # Ok(())
//! # }
//! ```
