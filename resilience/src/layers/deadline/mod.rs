//! Bounds how long a whole request may take: every attempt, every wait between them.
//!
//! The [guide](crate::guide::deadline) says when to use it and how it goes wrong.
//!
//! The layer makes the request carry a [`Deadline`](crate::Deadline), so that the layers
//! inside can tell what is worth starting: retry begins no wait that would end past it,
//! and a timeout ends with it when its own limit is longer. A request that carries an
//! earlier deadline keeps that one. A request whose deadline has passed is refused before
//! any work.
//!
//! On a server, `DeadlineLayer::http` (feature `http`) also takes what is left of the caller's
//! time from the headers, and [`propagate`](crate::propagate) is the layer that writes them.
//! [`Inbound`] reads it from requests of another type.
//!
//! The time counts from `call`: what a caller waits for readiness before it does not count,
//! what the layers inside wait for in the call does.
//!
//! # Cancellation
//!
//! At the deadline the inner future is dropped. A response that is ready in the same poll
//! wins.
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
//! use resilience::{BoxError, Deadline, Name, deadline::DeadlineLayer};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), BoxError> {
//! let deadline = DeadlineLayer::new(Name::from_static("orders"), Duration::from_secs(1));
//! let service = deadline.layer(service_fn(|request: http::Request<()>| async move {
//!     let deadline = Deadline::of(&request).ok_or("no deadline")?;
//!     Ok::<_, BoxError>(deadline.remaining(tokio::time::Instant::now()))
//! }));
//!
//! let left = service.oneshot(http::Request::new(())).await?;
//! assert_eq!(left, Duration::from_secs(1));
//! # Ok(())
//! # }
//! ```

mod future;
mod inbound;
mod layer;
mod service;

pub use future::ResponseFuture;
pub use inbound::{Inbound, Unread};
pub use layer::DeadlineLayer;
pub use service::DeadlineService;

pub use crate::limit_handle::LimitHandle;

/// The limit of the deadlines that `meter` counts, if it counts some.
pub(crate) fn of(meter: &'static crate::meter::Meter) -> Option<LimitHandle> {
    let is_mine = std::ptr::eq(meter.kind(), &raw const future::KIND);
    is_mine.then(|| LimitHandle::of(meter))
}

#[cfg(test)]
#[cfg(feature = "http")]
mod inbound_tests;
#[cfg(test)]
#[cfg(feature = "http")]
mod tests;
