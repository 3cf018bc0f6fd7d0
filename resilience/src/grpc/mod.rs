//! What the layers know of gRPC.
//!
//! gRPC travels in HTTP/2, and its errors have HTTP's status 200: a [`Code`] in the header or
//! trailer `grpc-status` tells them. Nothing here depends on a gRPC library; the types of
//! requests and responses are those of `http`, as tonic has them.
//!
//! | for | there is |
//! |---|---|
//! | a breaker | `CircuitBreakerLayer::with_classifier(name, config, GrpcClassifier)` |
//! | retry | `RetryLayer::with_policy(name, config, HttpPolicy::new(GrpcClassifier, ..))`, with the idempotency of your methods: gRPC sends every call as a POST |
//! | the caller's deadline | `DeadlineLayer::http` reads `grpc-timeout`, `PropagateLayer::grpc` writes it |
//! | an answer to a rejected call | `RespondLayer::grpc` |
//!
//! # Traps
//!
//! A service that fails after it has begun to answer sends its code in the trailers, behind the
//! body. When a layer sees the response, that code is not there yet: the response counts as a
//! success. Calls with a single answer that fail are seen by tonic's servers, which send the code
//! of an error at once; streams that break off are not.
//!
//! # Examples
//!
//! ```
//! use std::time::Duration;
//! use http::{Request, Response};
//! use resilience::{
//!     BoxError, Name, circuit_breaker::{self, CircuitBreakerLayer}, grpc::GrpcClassifier,
//!     retry::{self, Backoff, HttpPolicy, Idempotency, RetryLayer},
//! };
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! const STOCK: Name = Name::from_static("stock");
//! let breaker = circuit_breaker::Config::builder().consecutive_failures(3).build()?;
//! let breaker = CircuitBreakerLayer::with_classifier(STOCK, breaker, GrpcClassifier);
//! let config = retry::Config::builder().backoff(Backoff::none()).build()?;
//! let policy = HttpPolicy::new(GrpcClassifier, Idempotency::All);
//! let stock = ServiceBuilder::new()
//!     .layer(RetryLayer::with_policy(STOCK, config, policy))
//!     .layer(breaker.clone())
//!     .service(service_fn(async |_: Request<()>| {
//!         Ok::<_, BoxError>(Response::builder().header("grpc-status", "14").body(())?)
//!     }));
//!
//! let answer = stock.oneshot(Request::post("/Stock/Count").body(())?).await?;
//! assert_eq!(answer.status(), 200, "and yet all three attempts failed");
//! assert_eq!(breaker.handle().calls().failed, 3);
//! # Ok(())
//! # }
//! ```

mod classify;
mod code;

pub use classify::GrpcClassifier;
pub use code::Code;

#[cfg(test)]
mod tests;
