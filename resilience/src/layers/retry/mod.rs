//! Tries a failed call again, within limits that keep retries from doing harm.
//!
//! A retry helps when the failure was chance and hurts when the service is overloaded. So
//! retries wait at random (to not come in step), are paid for from a
//! [budget](crate::budget) (to stay a fraction of the traffic), are made only for requests
//! that may be sent twice, and never begin a wait that would end past the request's
//! deadline.
//! The [guide](crate::guide::retry) says when to use it and how it goes wrong.
//!
//! When attempts, budget or time run out, the caller gets the last outcome itself, response
//! or error, as if there had been no retry; the reason is an [`Event`](crate::Event).
//! A refusal by a layer inside, such as an open circuit, is not retried, unless the policy is
//! [`RetryRefusals`]. A refusal by a layer of another crate, such as Tower's load shedding,
//! looks like a failure of the service: classify it as
//! [`Outcome::Ignored`](crate::Outcome::Ignored), and it is not retried either.
//!
//! # What is sent again
//!
//! A [`Policy`] copies a request before an attempt and says after it whether the copy may go.
//! [`OnFailure`] takes every request to be safe to send twice and asks that it is `Clone`.
//! `HttpPolicy` (feature `http`) goes by the method and the idempotency key, and sends any other
//! request again only when it surely never left. A request that cannot be copied goes out once,
//! and its result is the caller's.
//!
//! # Retries inside retries
//!
//! They multiply. The number of the attempt [travels](crate::Carried) with the request, and
//! [`ConfigBuilder::stand_down_inside`] tells layers inside to make one attempt each.
//!
//! # Sharing
//!
//! Services made by one layer share its budget. Give one budget to several layers with
//! [`RetryLayer::budget`] when they add load to the same service; `RetryLayer::budget_by` (feature
//! `keyed`) takes one for each host, route or tenant. Only the first attempt of a
//! request deposits: a layer inside another one's retry adds no tokens for what that retries.
//!
//! # Cancellation
//!
//! A dropped call stops, in an attempt or between two. What it took from the budget is not
//! given back: the load was made. A superseded response is dropped before the wait.
//!
//! # Errors
//!
//! Those of the service. When the service cannot become ready for a retry, that error; when a
//! layer inside refuses the retry, such as a breaker that has opened meanwhile, that refusal.
//!
//! # Panics
//!
//! A wait panics outside a Tokio runtime with its time driver enabled, as every Tokio timer
//! does.
//!
//! # Examples
//!
//! ```
//! use std::sync::atomic::{AtomicU32, Ordering};
//! use resilience::{BoxError, Name, retry::{Config, RetryLayer}};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), BoxError> {
//! static CALLS: AtomicU32 = AtomicU32::new(0);
//! let flaky = service_fn(|_: ()| async {
//!     if CALLS.fetch_add(1, Ordering::Relaxed) == 0 {
//!         return Err::<u32, BoxError>("broken pipe".into());
//!     }
//!     Ok(42)
//! });
//!
//! let retry = RetryLayer::new(Name::from_static("users-api"), Config::default());
//! assert_eq!(retry.layer(flaky).oneshot(()).await?, 42);
//! assert_eq!(CALLS.load(Ordering::Relaxed), 2);
//! # Ok(())
//! # }
//! ```

mod attempts;
mod backoff;
#[cfg(feature = "keyed")]
mod budget_by;
mod choose_budget;
mod config;
mod course;
mod future;
mod handle;
#[cfg(feature = "http")]
mod http_policy;
mod layer;
mod live;
mod meter;
mod on_failure;
mod policy;
mod retry_refusals;
mod service;

pub use attempts::Attempts;
pub use backoff::{Backoff, BackoffBuilder, Custom, Growth, Jitter};
#[cfg(feature = "keyed")]
pub use budget_by::{BudgetBy, KeysBudget};
pub use choose_budget::{ChooseBudget, OneBudget, Payer};
pub use config::{Config, ConfigBuilder};
pub use future::ResponseFuture;
pub use handle::RetryHandle;
#[cfg(feature = "http")]
pub use http_policy::{HttpPolicy, Idempotency};
pub use layer::RetryLayer;
pub use on_failure::OnFailure;
pub use policy::{Attempt, Decision, Policy, Replay, Wait};
pub use retry_refusals::RetryRefusals;
pub use service::Retry;

#[cfg(test)]
#[cfg(feature = "http")]
mod tests;
