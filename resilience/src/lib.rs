//! Resilience middleware for [Tower](https://docs.rs/tower): circuit breaking, retry with a
//! budget, timeouts, deadlines and fault injection for any `Service`, such as an axum router
//! or a reqwest client.
//!
//! | layer | what it does |
//! |---|---|
//! | [`DeadlineLayer`](deadline::DeadlineLayer) | bounds a whole request, attempts and waits included |
//! | [`RetryLayer`](retry::RetryLayer) | tries failed calls again, paid for from a [budget] |
//! | [`CircuitBreakerLayer`](circuit_breaker::CircuitBreakerLayer) | stops calling what fails, finds out when it is back |
//! | [`TimeoutLayer`](timeout::TimeoutLayer) | bounds one attempt |
//! | [`FaultLayer`](fault::FaultLayer) | injects faults on purpose, when armed |
//! | [`LiftLayer`](lift::LiftLayer) | makes any error able to carry a rejection |
//! | `RespondLayer` (feature `http`) | answers over HTTP when a layer has rejected a call |
//!
//! # Order
//!
//! Outermost first: respond, deadline, retry, circuit breaker, timeout, fault, lift, and the
//! service. The breaker inside retry sees every attempt and refuses the ones that would hit
//! a dead service; the timeout inside the breaker lets it count slow answers as failures;
//! faults innermost are felt by all.
//!
//! ```
//! use std::{io, time::Duration};
//! use resilience::{
//!     Error, Name, circuit_breaker::{self, CircuitBreakerLayer}, deadline::DeadlineLayer,
//!     lift::LiftLayer, retry::{self, RetryLayer}, timeout::TimeoutLayer,
//! };
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Error<io::Error>> {
//! const USERS: Name = Name::from_static("users-api");
//! let service = ServiceBuilder::new()
//!     .layer(DeadlineLayer::new(USERS, Duration::from_secs(1)))
//!     .layer(RetryLayer::new(USERS, retry::Config::default()))
//!     .layer(CircuitBreakerLayer::new(USERS, circuit_breaker::Config::default()))
//!     .layer(TimeoutLayer::new(USERS, Duration::from_millis(250)))
//!     .layer(LiftLayer)
//!     .service(service_fn(|id: u32| async move { Ok::<_, io::Error>(format!("user {id}")) }));
//!
//! assert_eq!(service.oneshot(7).await?, "user 7");
//! # Ok(())
//! # }
//! ```
//!
//! # Errors
//!
//! A layer leaves the service's error type alone and asks that it can carry a [`Rejected`],
//! see [`Refusal`].
//!
//! # Time
//!
//! All layers read Tokio's clock: `tokio::time::pause` and `advance` drive them in tests.
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `http` | yes | classification, idempotency, carried values and answers for `http` types |
//! | `http-body` | no | `ReplayBody`, a request body that can be sent again |
//! | `reqwest` | no | `ReqwestService`, a reqwest client on `http` types |
//! | `fault-injection` | no | fault injection; without it `FaultLayer` passes every call on |
//! | `metrics` | no | `telemetry::publish` to the `metrics` facade |
//! | `wire` | no | the JSON shapes that services and tools exchange |
//! | `test-util` | no | `test_util`: a scripted service, a readiness probe and virtual time, for tests |

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod budget;
#[cfg(feature = "http")]
pub mod http;
pub mod telemetry;
#[cfg(feature = "test-util")]
pub mod test_util;
#[cfg(feature = "wire")]
pub mod wire;

mod carry;
mod classify;
mod config;
mod deadline_value;
#[cfg(feature = "wire")]
mod describe;
mod error;
mod event;
mod expiry;
mod layers;
mod meter;
mod name;
mod outcome;
mod ratio;
mod registry;
mod rng;
mod stripes;
mod time;
mod window;

#[cfg(feature = "http")]
pub use layers::respond;
pub use layers::{circuit_breaker, deadline, fault, lift, retry, timeout};

pub use carry::{Carried, Carry, Carrying};
pub use classify::{AnyError, Classify};
pub use config::{ConfigError, ConfigErrors};
pub use deadline_value::Deadline;
pub use error::{BoxError, Error, Reason, Refusal, Rejected};
pub use event::{Event, GaveUp, Listener};
pub use name::{Name, NameError};
pub use outcome::Outcome;
pub use ratio::{Ratio, RatioError};
pub use rng::Rng;

#[cfg(test)]
mod floors;
