//! Makes any error able to carry a rejection.
//!
//! The layers of this crate leave a service's error type alone and ask that it implements
//! [`Refusal`](crate::Refusal). Where it does not, as with `Infallible` or `reqwest::Error`,
//! this layer goes innermost and turns `E` into [`Error<E>`](crate::Error), which keeps the
//! original and its type.
//!
//! # Examples
//!
//! ```
//! use std::convert::Infallible;
//! use resilience::{Error, lift::LiftLayer};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Error<Infallible>> {
//! let service = LiftLayer.layer(service_fn(|n: u32| async move { Ok::<_, Infallible>(n + 1) }));
//! assert_eq!(service.oneshot(1).await?, 2);
//! # Ok(())
//! # }
//! ```

mod future;
mod layer;
mod service;

pub use future::ResponseFuture;
pub use layer::LiftLayer;
pub use service::Lift;

#[cfg(test)]
mod tests;
