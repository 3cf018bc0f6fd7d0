//! Answers over HTTP when a layer has rejected a call.
//!
//! The counterpart of [`lift`](crate::lift): outermost on a server, it turns a rejection into
//! a response and gives the service its own error type back, so that an axum router, which
//! cannot fail, stays infallible.
//!
//! | reason | status |
//! |---|---|
//! | circuit open, probes taken | 503 |
//! | timed out, deadline exceeded or expired | 504 |
//! | injected error | the status it names |
//! | injected abort | 500 with `connection: close` |
//!
//! The body is `application/problem+json` with the members `type`, `title`, `status` and
//! `reason`. It names no policy: a caller learns nothing of the inside. `Retry-After` is set
//! when the time is known, in whole seconds, rounded up. `x-refused-by` carries the reason
//! when the attempt surely never reached the service, `x-fault-injected` when a fault was
//! injected.
//!
//! `RespondLayer::grpc` (feature `grpc`) answers as gRPC does, by a code in the headers of a
//! response without a body: see `GrpcAnswer`. [`RespondLayer::with`] takes an answer of your own.
//!
//! # Examples
//!
//! ```
//! use std::{convert::Infallible, time::Duration};
//! use http::{Request, Response, StatusCode};
//! use resilience::{Name, lift::LiftLayer, respond::RespondLayer, timeout::TimeoutLayer};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Infallible> {
//! let slow = service_fn(|_: Request<()>| async {
//!     std::future::pending::<Result<Response<String>, Infallible>>().await
//! });
//! let timeout = TimeoutLayer::new(Name::from_static("orders"), Duration::from_secs(1));
//! let service = RespondLayer.layer(timeout.layer(LiftLayer.layer(slow)));
//!
//! let response = service.oneshot(Request::new(())).await?;
//! assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
//! # Ok(())
//! # }
//! ```

mod answer;
mod future;
#[cfg(feature = "grpc")]
mod grpc;
mod layer;
mod marks;
mod problem;
mod service;

pub use answer::Answer;
pub use future::ResponseFuture;
#[cfg(feature = "grpc")]
pub use grpc::GrpcAnswer;
pub use layer::{RespondLayer, RespondWithLayer};
pub use problem::Problem;
pub use service::Respond;

#[cfg(test)]
#[cfg(feature = "grpc")]
mod grpc_tests;
#[cfg(test)]
mod tests;
