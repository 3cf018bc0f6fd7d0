//! Tells the service that is asked how much time is left, and how much the request matters.
//!
//! The [guide](crate::guide::deadline#to-other-processes) says when to use it and how it goes
//! wrong.
//!
//! A deadline is an instant of this process. The layer writes what is left of it into the
//! request, less a margin for the way back, so that the service stops working when nobody will
//! wait for the answer any more, and asks others no longer than that. It stands inside of retry,
//! next to the service: each attempt has less time left than the one before.
//!
//! | the request | what becomes of it |
//! |---|---|
//! | carries no deadline | no time is written |
//! | has more left than the margin | what is left, less the margin, is written |
//! | says already that it waits for less | that stays |
//! | would have less than 1 ms left after the margin | is refused with [`DeadlineExpired`], before it is sent |
//!
//! An answer to the last kind would come too late. A service that reads the time refuses such a
//! request as well, one that does not would work for nobody.
//!
//! A retry is such a request, too, when little more than the margin was left after the attempt
//! before it. Its caller then has the refusal in place of the last outcome, which a short
//! margin makes rare.
//!
//! The class that the request [carries](crate::Carried) is written as well, deadline or not.
//!
//! [`DeadlineExpired`]: crate::Reason::DeadlineExpired
//!
//! # Examples
//!
//! ```
//! use std::time::Duration;
//! use resilience::{
//!     BoxError, Name, deadline::DeadlineLayer, propagate::{Config, PropagateLayer},
//! };
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), BoxError> {
//! # #[cfg(feature = "http")] {
//! const USERS: Name = Name::from_static("users-api");
//! let client = ServiceBuilder::new()
//!     .layer(DeadlineLayer::new(USERS, Duration::from_secs(1)))
//!     .layer(PropagateLayer::http(USERS, Config::default()))
//!     .service(service_fn(async |request: http::Request<()>| {
//!         Ok::<_, BoxError>(request.headers()["x-request-timeout-ms"].clone())
//!     }));
//! assert_eq!(client.oneshot(http::Request::new(())).await?, "990");
//! # }
//! # Ok(())
//! # }
//! ```

mod config;
mod future;
mod layer;
mod onward;
mod outbound;
mod service;

pub use config::{Config, ConfigBuilder};
pub use future::ResponseFuture;
pub use layer::PropagateLayer;
pub use outbound::Outbound;
pub use service::Propagate;

#[cfg(test)]
#[cfg(feature = "http")]
mod tests;
