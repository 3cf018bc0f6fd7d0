//! Stops calling a service that fails, and finds out when it is back.
//!
//! A service that is down costs its callers time, and their calls keep it down. The breaker
//! counts results; when too many fail it *opens* and refuses calls at once. After a wait it
//! is *half-open*: a few probes go through and decide whether it *closes* again.
//! The [guide](crate::guide::circuit_breaker) says when to use it and how it goes wrong.
//!
//! ```text
//!                 a rule is met
//!   closed ------------------------------------> open <-----------+
//!      ^                                          | wait over,    |
//!      |                                          | with a call   |
//!      |      probes succeeded                    v               |
//!      +-------------------------------------- half-open ---------+
//!                                       probes failed or hung
//! ```
//!
//! What opens it is a list of [rules](Rule): failures in a row, of the last results or in the
//! window, the share of failures, of slow calls, or of too few successes. The first rule that is
//! met is the reason reported.
//!
//! By hand it can be moved to any state, also to three that no result leaves: forced open,
//! disabled, and metrics only, in which the rules report what they would do (shadow mode).
//! See [`CircuitBreakerHandle`].
//!
//! What it does that is easily got wrong:
//!
//! - Every permit carries the epoch of the state that issued it. A result that arrives after
//!   a transition counts nowhere, and still reaches its caller.
//! - A probe that is dropped gives its place back; a probe that hangs cannot hold the
//!   breaker half-open; a panic counts as a failure and goes on.
//! - An open breaker answers without asking whether the service inside is ready, and a caller
//!   that waits for that when it opens is refused, too.
//! - Slow calls count while they run: a service that hangs gives no results.
//! - Who wants to wait for a place is woken, and does not poll.
//!
//! It does not retry, does not limit concurrency and does not choose another endpoint.
//!
//! # Sharing
//!
//! Everything that one [`CircuitBreakerLayer`] value wraps, and every clone of it, shares
//! one breaker. Make one layer per service that can fail on its own; for hosts that are known with
//! the request only, `keyed` (feature `keyed`) makes one breaker for each.
//!
//! # Cancellation
//!
//! A call that is dropped before its result says nothing about the service: it is counted
//! as cancelled and, as a probe, gives its place back. [`Cancelled`] has it count as a failure.
//! The permit ends with the response head; the body is not watched.
//!
//! # Examples
//!
//! ```
//! use resilience::{BoxError, Name, Refusal, Reason, circuit_breaker::{CircuitBreakerLayer, Config}};
//! use tower::{Layer, Service, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! let config = Config::builder().consecutive_failures(2).build()?;
//! let breaker = CircuitBreakerLayer::new(Name::from_static("users-api"), config);
//! let mut service = breaker.layer(service_fn(|_: ()| async {
//!     Err::<(), BoxError>("connection refused".into())
//! }));
//!
//! for _ in 0..2 {
//!     service.ready().await?.call(()).await.unwrap_err();
//! }
//! let refused = service.ready().await?.call(()).await.unwrap_err();
//! let rejected = refused.as_rejected().ok_or("the breaker should be open")?;
//! assert_eq!(rejected.reason(), Reason::CircuitOpen);
//! assert!(rejected.retry_after().is_some());
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "keyed")]
pub mod keyed;

mod admission;
mod builder;
mod call_permit;
mod cancelled;
mod config;
mod ending;
mod future;
mod gate;
mod group;
mod half_open;
mod handle;
mod history;
mod layer;
mod ledger;
mod machine;
mod manual;
mod meter;
mod open_wait;
mod overdue;
mod permit;
mod phase;
mod probes;
mod reports;
mod rule;
mod seldom;
mod service;
mod shared;
mod snapshot;
mod update;

pub use builder::ConfigBuilder;
pub use call_permit::CallPermit;
pub use cancelled::Cancelled;
pub use config::Config;
pub use future::ResponseFuture;
pub use group::BreakerGroup;
pub use half_open::HalfOpen;
pub use handle::CircuitBreakerHandle;
pub use history::Transition;
pub use layer::CircuitBreakerLayer;
pub use manual::{IllegalTransition, Move};
pub use meter::Calls;
pub use open_wait::Opening;
pub use rule::{Judgement, Rule};
pub use service::CircuitBreaker;
pub use snapshot::Snapshot;

pub use crate::{
    event::{ChangeReason, State},
    window::{Counts, SlidingWindow, SlowCall, Window},
};

#[cfg(test)]
mod machine_tests;
#[cfg(test)]
#[cfg(resilience_model)]
mod models;
#[cfg(test)]
mod tests;
