//! Retry: is another attempt worth it, and allowed?
//!
//! Reference: [`retry`](crate::retry).
//!
//! # What it does
//!
//! It makes a failed call again, after a wait, until it succeeds or a limit is reached. When a
//! limit is reached the caller gets what the last attempt came to.
//!
//! ```text
//!   attempt 1 ends
//!       |
//!   worth another?        no  --> the caller gets the result
//!       | yes
//!   attempts left?        no  --> ... and why: GaveUp::Attempts, or Elapsed
//!       | yes
//!   may be sent again?    no  --> NotReplayable
//!       | yes
//!   wait within the time? no  --> RetryAfter, Deadline, Elapsed
//!       | yes
//!   is there a token?     no  --> Budget
//!       | yes
//!   wait, then attempt 2
//! ```
//!
//! The budget is asked last, so that a retry that is not made is not paid for.
//!
//! # When, and when not
//!
//! Use it for failures of chance: a connection that was reset, one instance of many that restarts,
//! a 503 that names a time. If 10 % of the calls fail independently, three attempts leave 0.1 %.
//!
//! Leave it out
//!
//! - where all calls fail together. Attempts during an outage all fail, and are load. The
//!   [budget](super::budget) and the [breaker](super::circuit_breaker) keep this small, so never
//!   take a retry without them;
//! - for requests that must not be sent twice and have no key by which the service could tell;
//! - where your caller retries already, see [below](#layers-that-multiply);
//! - for answers that will not change: a 404 is a success of the service to the classifier.
//!
//! # Defaults, and where they come from
//!
//! | setting | default | reason |
//! |---|---|---|
//! | attempts | 3 in all | a fourth would leave 0.01 % instead of 0.1 % at 10 % of failures, and cost as much again in an outage |
//! | first wait | 50 ms | near one round trip with its work |
//! | growth | doubling, to 10 s | advice of Amazon and of Google; where a person gives up there is no use in more |
//! | jitter | full | anything from nothing to the wait: callers come back neither in step nor in waves (Brooker, 2015) |
//! | budget | 20 % and 10 a second | as in Finagle, Linkerd and Tower |
//! | longest `Retry-After` | 30 s | who asks for more is not asked again by this call |
//! | HTTP | idempotent methods, or an `Idempotency-Key` | RFC 9110; and whatever surely never left |
//! | a refusal by a layer inside | not retried | an open circuit stays open longer than a retry waits |
//!
//! ```
//! use std::time::Duration;
//! use http::{Request, Response, StatusCode};
//! use resilience::{BoxError, Name, retry::{Config, RetryLayer}};
//! use tower::{Layer, ServiceExt, service_fn};
//! use tokio::time::Instant;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), BoxError> {
//! // Unavailable for two seconds, and says so.
//! let began = Instant::now();
//! let stock = service_fn(move |_: Request<String>| async move {
//!     let response = Response::builder();
//!     let response = match began.elapsed() {
//!         time if time < Duration::from_secs(2) => response.status(503).header("retry-after", 2),
//!         _ => response.status(200),
//!     };
//!     Ok::<_, BoxError>(response.body(())?)
//! });
//! let retry = RetryLayer::http(Name::from_static("stock"), Config::default());
//! let stock = retry.layer(stock);
//!
//! let response = stock.clone().oneshot(Request::get("/bolts").body(String::new())?).await?;
//! assert_eq!(response.status(), StatusCode::OK);
//! assert_eq!(began.elapsed(), Duration::from_secs(2), "it waited as asked");
//! # Ok(())
//! # }
//! ```
//!
//! # Sharing
//!
//! One layer value has one budget, for all services that it makes and for their clones. Where
//! several layers add load to the same service, give them one:
//! [`RetryLayer::budget`](crate::retry::RetryLayer::budget).
//!
//! # Cancellation
//!
//! A call that is dropped stops, in an attempt or in a wait. What was taken from the budget stays
//! taken: the attempt was made.
//!
//! # Errors
//!
//! Those of the service. Retry has no error of its own, because the last result says more than
//! "gave up" would. Why it gave up is an [`Event`](crate::Event), a counter, and with `HttpPolicy`
//! a [`GaveUp`](crate::GaveUp) in the extensions of the response.
//!
//! # Anti-patterns
//!
//! ## `RetryLayer::new` around HTTP
//!
//! It takes every request to be safe to send twice and every response, a 503 too, for a success.
//! For HTTP there is [`RetryLayer::http`](crate::retry::RetryLayer::http), which looks at method,
//! key and status:
//!
//! ```
//! use std::sync::atomic::{AtomicU32, Ordering};
//! use http::{Request, Response};
//! use resilience::{BoxError, Name, retry::{Backoff, Config, RetryLayer}};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! static CALLS: AtomicU32 = AtomicU32::new(0);
//! let config = Config::builder().backoff(Backoff::none()).build()?;
//! let orders = RetryLayer::http(Name::from_static("orders"), config).layer(service_fn(
//!     async |_: Request<&str>| {
//!         CALLS.fetch_add(1, Ordering::Relaxed);
//!         Ok::<_, BoxError>(Response::builder().status(503).body(())?)
//!     },
//! ));
//!
//! let bare = Request::post("/orders").body("ten bolts")?;
//! orders.clone().oneshot(bare).await?;
//! assert_eq!(CALLS.swap(0, Ordering::Relaxed), 1, "it may have had its effect");
//!
//! let keyed = Request::post("/orders").header("idempotency-key", "7c1").body("ten bolts")?;
//! orders.oneshot(keyed).await?;
//! assert_eq!(CALLS.load(Ordering::Relaxed), 3, "the service tells copies by the key");
//! # Ok(())
//! # }
//! ```
//!
//! gRPC is HTTP whose errors have status 200. `grpc-status` tells them, and
//! `grpc::GrpcClassifier` (feature `grpc`) reads it: see `examples/tonic_client.rs`.
//!
//! ## Layers that multiply
//!
//! Three layers on the way, each with three attempts, make 27 calls of one. Retry at one place,
//! as a rule the outermost that can, and have those inside stand down:
//!
//! ```
//! use std::sync::atomic::{AtomicU32, Ordering};
//! use resilience::{BoxError, Name, retry::{Backoff, Config, RetryLayer}};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! static CALLS: AtomicU32 = AtomicU32::new(0);
//! let three = || Config::builder().max_attempts(3).backoff(Backoff::none());
//! for (outer, calls) in [(three(), 9), (three().stand_down_inside(), 3)] {
//!     let stack = ServiceBuilder::new()
//!         .layer(RetryLayer::new(Name::from_static("outer"), outer.build()?))
//!         .layer(RetryLayer::new(Name::from_static("inner"), three().build()?))
//!         .service(service_fn(async |_: http::Request<()>| {
//!             CALLS.fetch_add(1, Ordering::Relaxed);
//!             Err::<(), BoxError>("down".into())
//!         }));
//!     stack.oneshot(http::Request::new(())).await.unwrap_err();
//!     assert_eq!(CALLS.swap(0, Ordering::Relaxed), calls);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Libraries retry, too. reqwest does for some errors of protocol; switch it off with
//! `.retry(reqwest::retry::never())`. To another process the word does not travel: there only an
//! agreement helps, or a budget.
//!
//! ## A wait without chance
//!
//! All that failed together come back together, and fail again. Keep the full jitter.
//! [`Jitter::None`](crate::retry::Jitter::None) is for tests.
//!
//! ## Without end
//!
//! [`unlimited_attempts`](crate::retry::ConfigBuilder::unlimited_attempts) and
//! [`without_budget`](crate::retry::RetryLayer::without_budget) together keep calling until the
//! caller is gone. Set a [deadline](super::deadline) outside, or
//! [`max_elapsed`](crate::retry::ConfigBuilder::max_elapsed).
//!
//! ## A body that can be read once
//!
//! A stream is gone after the first attempt, so such a request is sent once. Small bodies belong
//! in a `String` or `Bytes`. A stream can be wrapped in `http::ReplayBody` (feature `http-body`),
//! which keeps what is read, up to a cap.
//!
//! ## Retrying what another layer refused
//!
//! A concurrency limit with load shedding refuses because there is too much already. To a
//! classifier it looks like a failure of the service. Say that it is none:
//!
//! ```
//! use resilience::{BoxError, Classify, Outcome, AnyError};
//! use tower::load_shed::error::Overloaded;
//!
//! let classifier = |result: Result<&u32, &BoxError>| match result {
//!     Err(error) if error.is::<Overloaded>() => Outcome::Ignored,
//!     other => AnyError.classify(other),
//! };
//! let shed = BoxError::from(Overloaded::new());
//! assert_eq!(classifier.classify(Err(&shed)), Outcome::Ignored);
//! assert_eq!(classifier.classify(Err(&"reset".into())), Outcome::Failure);
//! ```
