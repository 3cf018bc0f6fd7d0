//! Makes a span of `tracing` for each attempt, and lets its context go out with the request.
//!
//! It stands directly inside retry and outside the breaker, so that an attempt that the breaker refuses
//! has its span, too, and says why. Without retry it makes one span for each call.
//!
//! It records and decides nothing: no call is refused, delayed or changed but by the
//! [hook](TraceLayer::context) that writes the context. It knows no exporter. What becomes of the spans
//! is up to the subscriber: `tracing-opentelemetry` sends them to a collector, and the names of the
//! fields are those of OpenTelemetry where it has some.
//!
//! The [guide](crate::guide::tracing) says when to use it and how it goes wrong.
//!
//! | field | when |
//! |---|---|
//! | `otel.kind` | always `client` |
//! | `otel.name`, `http.request.method`, `server.address`, `server.port`, `url.full`, `url.path` | as the request [says](Describe); never credentials or a query |
//! | `http.request.resend_count` | from the second attempt on |
//! | `http.response.status_code` | as the response says |
//! | `error.type`, `otel.status_code` | the attempt failed: the status from 400 on, the reason of a rejection, `cancelled` where it was given up from outside, `panic`, or `_OTHER` for an error of the service |
//! | `resilience.policy` | the name of the layer |
//! | `resilience.attempt` | the number of the attempt, which [travels](crate::Carried) with the request; the first is 1 |
//! | `resilience.backoff_ms` | the wait before this attempt, in milliseconds, where retry stands directly outside |
//! | `resilience.rejected`, `resilience.rejected_by` | a layer inside rejected the attempt: the [reason](crate::Reason) and the policy |
//! | `resilience.breaker_state` | the state in which the breaker inside let the attempt pass or refused it |
//! | `resilience.fault` | a fault was injected, here or in the service that was asked |
//!
//! The span has the level INFO, the target `resilience` and the name `attempt`. It is entered whenever
//! the attempt is called or polled, so log lines and spans of what is inside belong to it. Its parent is the
//! span in which the call is made.
//!
//! # Costs
//!
//! Where no subscriber wants spans of that level an attempt costs three relaxed loads, one here and one in
//! each of retry around it and the breaker inside, and eight bytes in its future: no clock is read, nothing
//! is allocated, and no context goes out. A span that is made is boxed.
//!
//! # Cancellation
//!
//! An attempt that is dropped before its end, as by a deadline outside, has `cancelled` as its
//! `error.type`. One that panics has `panic`, whoever catches it and whenever it is dropped.
//!
//! # Examples
//!
//! ```
//! use resilience::{BoxError, Name, retry::{Config, RetryLayer}, trace::TraceLayer};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), BoxError> {
//! const USERS: Name = Name::from_static("users-api");
//! let users = ServiceBuilder::new()
//!     .layer(RetryLayer::new(USERS, Config::default()))
//!     .layer(TraceLayer::new(USERS))
//!     .service(service_fn(async |id: u32| Ok::<_, BoxError>(format!("user {id}"))));
//! assert_eq!(users.oneshot(7).await?, "user 7");
//! # Ok(())
//! # }
//! ```

mod context;
mod describe;
mod future;
mod layer;
mod service;
mod span;

pub use context::{Inject, NoContext};
#[cfg(feature = "http")]
pub use describe::HttpCall;
pub use describe::{AnyCall, Describe};
pub use future::ResponseFuture;
pub use layer::TraceLayer;
pub use service::Trace;

#[cfg(test)]
#[cfg(feature = "http")]
mod tests;
