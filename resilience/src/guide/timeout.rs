//! Timeout: how long may one attempt take?
//!
//! Reference: [`timeout`](crate::timeout).
//!
//! # What it does
//!
//! It ends a call that has not answered within a limit. The limit counts from `call`; at its end
//! the inner future is dropped, and the caller gets a rejection with the reason
//! [`TimedOut`](crate::Reason::TimedOut).
//!
//! ```text
//!   poll_ready     call                            limit
//!   |..............|===============================|
//!   does not count |------- answer: passed on -----|
//!                  |------- still pending ---------X  dropped, TimedOut
//!                                                  ^ an answer ready in this poll wins
//! ```
//!
//! # When, and when not
//!
//! Always, around each call that leaves the process. A call without a limit holds memory, a
//! connection and a caller for as long as the other side likes, and to a breaker or a retry it
//! does not exist until it ends.
//!
//! Leave it out
//!
//! - around the whole request: that is a [deadline](super::deadline), which the layers inside can
//!   see and plan by;
//! - around work that must not be dropped half-way. A drop at an `await` leaves undone what comes
//!   after it. Spawn such work, and put the limit around the wait for its handle;
//! - for the body of a response. The call has ended with the head; tower-http has a limit for
//!   what follows.
//!
//! # Defaults, and where they come from
//!
//! There is none: the limit is an argument. Libraries that have one chose 1 s (resilience4j), 5 s
//! (tower-resilience) or 30 s (Polly, seatbelt), and no figure fits both a look-up in a cache and
//! a report. Measure the answers and take the 99.9th percentile, see
//! [numbers](super::choosing_numbers).
//!
//! ```
//! use std::time::Duration;
//! use resilience::{BoxError, Name, Reason, Refusal, timeout::TimeoutLayer};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), BoxError> {
//! let limit = TimeoutLayer::new(Name::from_static("stock"), Duration::from_millis(250));
//! let stock = limit.layer(service_fn(async |millis: u64| {
//!     tokio::time::sleep(Duration::from_millis(millis)).await;
//!     Ok::<_, BoxError>("bolts")
//! }));
//!
//! assert_eq!(stock.clone().oneshot(250).await?, "bolts", "at the limit is in time");
//! let late = stock.oneshot(251).await.unwrap_err();
//! let rejected = late.as_rejected().ok_or("too late")?;
//! assert_eq!(rejected.reason(), Reason::TimedOut);
//! assert_eq!(rejected.limit(), Some(Duration::from_millis(250)));
//! # Ok(())
//! # }
//! ```
//!
//! # Sharing
//!
//! Nothing is shared but the counters of the name. Each call has a limit of its own.
//!
//! # Cancellation
//!
//! The limit cancels by a drop, on this side only. The other side may be at work still, and what
//! was sent may have had its effect. So a call that timed out is a failure to the breaker, and a
//! retry of it is a second request: it has to be one that may be sent twice.
//!
//! # Errors
//!
//! | reason | what has passed |
//! |---|---|
//! | [`TimedOut`](crate::Reason::TimedOut) | the limit of this layer |
//! | [`DeadlineExceeded`](crate::Reason::DeadlineExceeded) | the [deadline](crate::Deadline) that the request carries, which came first |
//! | [`DeadlineExpired`](crate::Reason::DeadlineExpired) | that deadline, before the call: nothing was sent |
//!
//! # Anti-patterns
//!
//! ## The limit outside of the retry
//!
//! ```text
//!   wrong   timeout 250 ms ( retry ( service ) )     one slow attempt uses up all the time
//!   right   deadline 1 s ( retry ( timeout 250 ms ( service ) ) )
//! ```
//!
//! Outside it bounds the request, and a slow first attempt leaves nothing for a second. The two
//! have different jobs and different numbers. Use both.
//!
//! ## The limit outside of the breaker
//!
//! What it drops is to the breaker a call that was cancelled, and says nothing: a service that
//! hangs never opens it. Put the limit inside.
//!
//! ## A limit around code that blocks
//!
//! A future that does not give way cannot be dropped, and no timer of its thread fires meanwhile.
//! Move the work to `spawn_blocking`. The limit then ends the wait, and the work goes on until it
//! is done: give it a limit of its own, such as a socket's.
//!
//! ## The same limit at every hop
//!
//! When a caller and its callee both give up after 1 s, the caller is gone when the callee's
//! answer "too late" arrives. The limit shrinks on the way in. A [deadline](super::deadline)
//! that travels does that by itself.
//!
//! ## A last attempt that is cut short
//!
//! When no retry can follow, a cut gains nothing. [`spare_last_attempt`] leaves the last attempt
//! to the deadline of the request:
//!
//! ```
//! use std::time::Duration;
//! use resilience::{
//!     Error, Name, deadline::DeadlineLayer, lift::LiftLayer, retry::{self, RetryLayer},
//!     timeout::TimeoutLayer,
//! };
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Error<std::convert::Infallible>> {
//! const STOCK: Name = Name::from_static("stock");
//! let attempts = retry::Config::builder().max_attempts(2).build().expect("in range");
//! let stock = ServiceBuilder::new()
//!     .layer(DeadlineLayer::new(STOCK, Duration::from_secs(2)))
//!     .layer(RetryLayer::new(STOCK, attempts))
//!     .layer(TimeoutLayer::new(STOCK, Duration::from_millis(250)).spare_last_attempt())
//!     .layer(LiftLayer)
//!     .service(service_fn(async |_: http::Request<()>| {
//!         tokio::time::sleep(Duration::from_millis(400)).await; // always later than the limit
//!         Ok("bolts")
//!     }));
//! assert_eq!(stock.oneshot(http::Request::new(())).await?, "bolts");
//! # Ok(())
//! # }
//! ```
//!
//! [`spare_last_attempt`]: crate::timeout::TimeoutLayer::spare_last_attempt
