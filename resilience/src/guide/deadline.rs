//! Deadline: how long may the whole request take?
//!
//! Reference: [`deadline`](crate::deadline), and [`Deadline`](crate::Deadline) for the value.
//!
//! # What it does
//!
//! It gives a request one instant at which all work for it ends, and the request carries that
//! instant to the layers inside. They plan by it: retry begins no wait that would end after it, a
//! timeout ends an attempt with it, and a request that comes too late is not sent.
//!
//! ```text
//!   0 ms          250  300          550    650     800 ms
//!   |= attempt 1 =X....|= attempt 2 =X......|= att. 3 #
//!                 |    |                              |
//!   limit of an attempt  wait                         the deadline ends the last one early
//! ```
//!
//! # When, and when not
//!
//! Use one wherever somebody waits: at the edge of a service, for each request that comes in, and
//! around a client that retries. Without it the time of a request is the sum of all attempts and
//! waits, and no single setting shows that sum.
//!
//! Leave it out for work that nobody waits for, such as a queue that is worked off. Bound the
//! attempts and their pace there.
//!
//! # Defaults, and where they come from
//!
//! There is none: only you know how long your caller waits. Take that time, less the way back. A
//! person gives up within seconds; a service that calls yours has a limit that can be looked up.
//!
//! ```
//! use std::time::Duration;
//! use resilience::{
//!     BoxError, Name, Reason, Refusal, deadline::DeadlineLayer, retry::{self, Backoff, RetryLayer},
//! };
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use tokio::time::Instant;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), BoxError> {
//! const ORDERS: Name = Name::from_static("orders");
//! let backoff = Backoff::fixed(Duration::from_millis(400)).jitter(retry::Jitter::None).build()?;
//! let retry = retry::Config::builder().max_attempts(5).backoff(backoff).build()?;
//! let orders = ServiceBuilder::new()
//!     .layer(DeadlineLayer::new(ORDERS, Duration::from_secs(1)))
//!     .layer(RetryLayer::new(ORDERS, retry))
//!     .service(service_fn(async |_: http::Request<()>| Err::<(), BoxError>("down".into())));
//!
//! let began = Instant::now();
//! let error = orders.oneshot(http::Request::new(())).await.unwrap_err();
//! // Attempts at 0, 400 and 800 ms. A wait until 1200 ms would end too late: it is not begun,
//! // and the caller has the error of the service 200 ms before the deadline.
//! assert_eq!(error.to_string(), "down");
//! assert_eq!(began.elapsed(), Duration::from_millis(800));
//! # Ok(())
//! # }
//! ```
//!
//! # Sharing
//!
//! Nothing is shared but the counters of the name. The deadline belongs to the request and only
//! ever comes nearer: a layer further in cannot push it out.
//!
//! # Cancellation
//!
//! At the deadline everything inside is dropped. An answer that is ready in the same poll wins.
//!
//! # Errors
//!
//! [`DeadlineExceeded`](crate::Reason::DeadlineExceeded): work had begun, and may have had its
//! effect. [`DeadlineExpired`](crate::Reason::DeadlineExpired): it had passed before the call,
//! and nothing was sent.
//!
//! What a breaker inside makes of it depends on where the attempt ends. A timeout inside of the
//! breaker ends with the deadline, and that is a failure. Without a timeout there the breaker sees
//! a call that is dropped, which says nothing, and a service that hangs never opens it:
//!
//! ```
//! use std::{future::pending, time::Duration};
//! use http::Request;
//! use resilience::{
//!     BoxError, Name, circuit_breaker::{CircuitBreakerLayer, Config}, deadline::DeadlineLayer,
//!     timeout::TimeoutLayer,
//! };
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! let deadline = DeadlineLayer::new(Name::from_static("orders"), Duration::from_secs(1));
//! let timeout = TimeoutLayer::new(Name::from_static("orders"), Duration::from_secs(2));
//! let hangs = service_fn(async |_: Request<()>| pending::<Result<(), BoxError>>().await);
//!
//! let with = CircuitBreakerLayer::new(Name::from_static("with"), Config::default());
//! let call = deadline.layer(with.layer(timeout.layer(hangs))).oneshot(Request::new(()));
//! assert!(call.await.is_err());
//! assert_eq!(with.handle().calls().failed, 1);
//!
//! let without = CircuitBreakerLayer::new(Name::from_static("without"), Config::default());
//! let call = deadline.layer(without.layer(hangs)).oneshot(Request::new(()));
//! assert!(call.await.is_err());
//! assert_eq!((without.handle().calls().failed, without.handle().calls().cancelled), (0, 1));
//! # }
//! ```
//!
//! # To other processes
//!
//! The instant stays in the process. What is sent along is the time left, and what is received
//! becomes an instant at once. A server reads it from the headers with `DeadlineLayer::http`, and
//! [`PropagateLayer`](crate::propagate::PropagateLayer), inside of the client's retry, writes what
//! each attempt has left, less a margin for the way back. All that it takes in between is that the
//! request that goes out carries what the one that came in does:
//!
//! ```
//! use std::time::Duration;
//! use resilience::{
//!     BoxError, Carry, Name, deadline::DeadlineLayer, propagate::{Config, PropagateLayer},
//! };
//! use http::Request;
//! use tokio::time::{Instant, advance};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), BoxError> {
//! // The last of three services allows a request 30 s, or what its caller has left.
//! let stock = DeadlineLayer::http(Name::from_static("stock"), Duration::from_secs(30));
//! let stock = stock.layer(service_fn(async |request: Request<()>| {
//!     let deadline = request.carried().deadline.ok_or("no deadline")?;
//!     Ok::<_, BoxError>(deadline - Instant::now())
//! }));
//!
//! // The one in the middle works for 200 ms and asks for the stock then.
//! let client = PropagateLayer::http(Name::from_static("stock"), Config::default()).layer(stock);
//! let orders = DeadlineLayer::http(Name::from_static("orders"), Duration::from_secs(10));
//! let orders = orders.layer(service_fn(move |request: Request<()>| {
//!     let client = client.clone();
//!     async move {
//!         advance(Duration::from_millis(200)).await;
//!         let mut onward = Request::get("/stock").body(())?;
//!         onward.set_carried(request.carried());
//!         client.oneshot(onward).await
//!     }
//! }));
//!
//! // The first gives half a second in all.
//! let ask = |millis| Request::get("/order").header("x-request-timeout-ms", millis).body(());
//! let left = orders.clone().oneshot(ask(500)?).await?;
//! assert_eq!(left, Duration::from_millis(500 - 200 - 10));
//! // 205 ms are used up before the stock could answer: it is not asked at all.
//! assert!(orders.oneshot(ask(205)?).await.is_err());
//! # Ok(())
//! # }
//! ```
//!
//! What is carried goes on as a whole, and with it the [`Criticality`](crate::Criticality), as
//! `x-request-criticality`: what a batch job causes three services away can still be told from
//! what a user waits for, and be the first to be refused where there is too much.
//!
//! The headers that are read are `grpc-timeout`, `x-request-timeout-ms` and
//! `x-envoy-expected-rq-timeout-ms`, and of several the shortest counts. Let no stranger set your
//! limits: what comes from outside can only shorten the layer's own. It can still name a class
//! that it should not have: see `InboundHeaders::criticality_at_most`.
//!
//! # Anti-patterns
//!
//! ## A deadline shorter than one attempt
//!
//! With a limit of 1 s for an attempt and a deadline of 800 ms no slow attempt is ever followed by
//! another. The deadline has to hold the attempts and waits that you
//! want to happen; [numbers](super::choosing_numbers) adds them up.
//!
//! ## A request that carries nothing
//!
//! A type with the empty implementation of [`Carry`](crate::Carry), as `String` and `u32` have it,
//! has no place for the deadline. The layer itself still ends the call in time, but retry does not
//! know, and begins waits that are cut. Use `http::Request`, a field in your type, or
//! [`Carrying`](crate::Carrying):
//!
//! ```
//! use std::time::Duration;
//! use resilience::{BoxError, Carrying, Deadline, Name, deadline::DeadlineLayer};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), BoxError> {
//! let layer = DeadlineLayer::new(Name::from_static("orders"), Duration::from_secs(1));
//! let bare = layer.layer(service_fn(async |id: u32| Ok::<_, BoxError>(Deadline::of(&id))));
//! assert_eq!(bare.oneshot(7).await?, None, "u32 has no room");
//!
//! let roomy = layer
//!     .layer(service_fn(async |id: Carrying<u32>| Ok::<_, BoxError>(Deadline::of(&id))));
//! assert!(roomy.oneshot(Carrying::new(7)).await?.is_some());
//! # Ok(())
//! # }
//! ```
//!
//! ## A deadline in the middle
//!
//! Between retry and the service it bounds an attempt, which is what a timeout is for, and retry
//! does not see it. Put it outside of everything that waits.
