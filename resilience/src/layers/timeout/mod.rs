//! Bounds how long one call may take.
//!
//! The limit counts from `call`, not from `poll_ready`: a caller that waits for capacity
//! has not asked anything yet. To bound the whole wait, set a deadline outside.
//! The [guide](crate::guide::timeout) says when to use it and how it goes wrong.
//!
//! When the request carries a [`Deadline`](crate::Deadline) that comes earlier than the
//! limit, the call ends then, and the rejection says so. A request whose deadline has passed
//! is refused before it is sent.
//!
//! It does not retry, and it does not stop work at the other end: a call that timed out may
//! still have had its effect there.
//!
//! # Cancellation
//!
//! At the limit the inner future is dropped. A response that is ready in the same poll
//! wins: it is there, and paid for. The timer is armed when the inner future first pends, so
//! an answer that is ready at once pays for none.
//!
//! # Panics
//!
//! Polling a call that pends panics outside a Tokio runtime with its time driver enabled,
//! as every Tokio timer does.
//!
//! # Examples
//!
//! ```
//! use std::time::Duration;
//! use resilience::{BoxError, Name, Reason, Refusal, timeout::TimeoutLayer};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), BoxError> {
//! let timeout = TimeoutLayer::new(Name::from_static("users-api"), Duration::from_millis(250));
//! let service = timeout.layer(service_fn(|_: ()| async {
//!     std::future::pending::<Result<(), BoxError>>().await
//! }));
//!
//! let error = service.oneshot(()).await.unwrap_err();
//! let rejected = error.as_rejected().ok_or("the call should time out")?;
//! assert_eq!(rejected.reason(), Reason::TimedOut);
//! # Ok(())
//! # }
//! ```

mod future;
mod layer;
mod limit;
mod service;

pub use future::ResponseFuture;
pub use layer::TimeoutLayer;
pub use limit::Limit;
pub use service::Timeout;

pub use crate::limit_handle::LimitHandle;

/// The limit of the timeouts that `meter` counts, if it counts some.
pub(crate) fn of(meter: &'static crate::meter::Meter) -> Option<LimitHandle> {
    let is_mine = std::ptr::eq(meter.kind(), &raw const future::KIND);
    is_mine.then(|| LimitHandle::of(meter))
}

#[cfg(test)]
mod tests;
