//! Resilience middleware for [Tower](https://docs.rs/tower): circuit breaking, retry with a
//! budget, timeouts, deadlines and fault injection for any `Service`, such as an axum router
//! or a reqwest client.
//!
//! A service that calls another one inherits its failures. A call that hangs holds its caller, a
//! call that is tried again is load on a service that may have too much already, and callers of
//! a service that is down wait in vain. Each layer here takes care of one of these, and knows
//! enough of the others not to make them worse.
//!
//! | layer | the question it answers | default |
//! |---|---|---|
//! | [`TimeoutLayer`](timeout::TimeoutLayer) | How long may one attempt take? | required |
//! | [`DeadlineLayer`](deadline::DeadlineLayer) | How long may the whole request take? | required |
//! | [`PropagateLayer`](propagate::PropagateLayer) | How does the service that is asked know of it? | 10 ms less than is left |
//! | [`RetryLayer`](retry::RetryLayer), with a [budget] | Is another attempt worth it, and who pays? | 3 attempts, 50 ms doubling, full jitter; 20 % of the calls and 10 a second |
//! | [`CircuitBreakerLayer`](circuit_breaker::CircuitBreakerLayer) | Is it worth asking at all? | opens at 50 % of at least 20 calls in 30 s, for 5 s and then longer; 2 of 3 probes close it |
//! | [`FaultLayer`](fault::FaultLayer) | Do I know that this works? | idle |
//! | [`TraceLayer`](trace::TraceLayer) | What became of each attempt? | a span where a subscriber wants it |
//! | [`LiftLayer`](lift::LiftLayer) | makes any error able to carry a rejection | |
//! | `RespondLayer` (feature `http`) | answers over HTTP when a layer has rejected a call | |
//!
//! # A stack
//!
//! ```toml
//! [dependencies]
//! resilience = { package = "tower-bulwark", version = "0.1" }
//! tower = { version = "0.5", features = ["util"] }
//! ```
//!
//! Build it once and clone it for each call: what one layer value wraps shares one breaker and
//! one budget.
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
//! # async fn main() {
//! const USERS: Name = Name::from_static("users-api"); // in errors, events and metrics
//! let users = ServiceBuilder::new()
//!     .layer(DeadlineLayer::new(USERS, Duration::from_secs(1)))
//!     .layer(RetryLayer::new(USERS, retry::Config::default()))
//!     .layer(CircuitBreakerLayer::new(USERS, circuit_breaker::Config::default()))
//!     .layer(TimeoutLayer::new(USERS, Duration::from_millis(250)))
//!     .layer(LiftLayer)
//!     .service(service_fn(async |id: u32| match id {
//!         0 => Err(io::Error::other("no such shard")),
//!         id => Ok(format!("user {id}")),
//!     }));
//!
//! assert_eq!(users.clone().oneshot(7).await.expect("well"), "user 7");
//! match users.oneshot(0).await {
//!     Ok(user) => println!("{user}"),
//!     Err(Error::Rejected(rejected)) => println!("{rejected}"), // which policy, why, until when
//!     Err(Error::Inner(error)) => println!("{error}"),          // the service's own
//! }
//! # }
//! ```
//!
//! For HTTP take `RetryLayer::http` and `CircuitBreakerLayer::http`: they know status, method and
//! `Retry-After`. For gRPC give them `grpc::GrpcClassifier`.
//!
//! A request has to be [`Carry`], so that the deadline can travel with it. `http::Request` has room
//! for it and a `u32` has none: there the deadline ends the call, and retry cannot plan by it.
//!
//! # Order
//!
//! Outermost first, and why there:
//!
//! | place | layer | reason |
//! |---|---|---|
//! | 1 | respond | turns what those below refuse into an answer (servers) |
//! | 2 | deadline | bounds all below, retries and their waits included |
//! | 3 | retry | sees the refusals of the breaker, and each attempt goes through all that follows |
//! | 4 | trace | one span an attempt, also for those that the breaker refuses |
//! | 5 | circuit breaker | counts attempts, the calls that really reach the service |
//! | 6 | timeout | bounds one attempt, and its expiry counts as a failure of the service |
//! | 7 | propagate | tells the service what is left when this attempt is sent (clients) |
//! | 8 | fault | next to the service, so that every layer meets what it makes |
//! | 9 | lift | gives the service an error type that can carry a rejection |
//!
//! Leave out what you do not need; the others keep their order. Limits of Tower go between breaker
//! and timeout: an open breaker then refuses without waiting for a place.
//!
//! # Errors
//!
//! A layer leaves the service's error type alone and asks that it can carry a [`Rejected`]: which
//! policy, for which [`Reason`], and from when on a retry makes sense. [`BoxError`] and [`Error`]
//! can; your own enum does with the few lines of [`Refusal`].
//!
//! # Time
//!
//! All layers read Tokio's clock: `tokio::time::pause` and `advance` drive them in tests.
//!
//! # Without Tower
//!
//! What the layers decide by can be had alone: [`CircuitBreakerHandle`] around a future or around
//! code that blocks, [`retry::Attempts`], [`timeout::Limit`], [`budget::RetryBudget`].
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `http` | yes | classification, idempotency, carried values and answers for `http` types |
//! | `grpc` | no | classification by gRPC's codes, and answers in them |
//! | `http-body` | no | `ReplayBody`, a request body that can be sent again |
//! | `reqwest` | no | `ReqwestService`, a reqwest client on `http` types |
//! | `keyed` | no | `circuit_breaker::keyed` and `budget::keyed`: a breaker and a retry budget for each host, route or tenant, in bounded memory |
//! | `fault-injection` | no | fault injection; without it `FaultLayer` passes every call on |
//! | `flags` | no | `flags`: faults that are armed by feature flags from files, the environment, operators |
//! | `open-feature` | no | `flags::OpenFeatureFlags`: flags from any provider of `OpenFeature` |
//! | `metrics` | no | `telemetry::publish` to the `metrics` facade |
//! | `wire` | no | the JSON shapes that services and tools exchange |
//! | `admin` | no | routes of axum through which an operator sees and changes the policies |
//! | `settings` | no | `settings`: the policies from TOML or JSON, with presets and a JSON schema |
//! | `test-util` | no | `test_util`: a scripted service, a readiness probe and virtual time, for tests |
//!
//! # Where to go from here
//!
//! - The [guide]: a page for each policy, with its anti-patterns.
//! - [Choosing numbers](guide::choosing_numbers): every setting from something you can measure.
//! - [Moving from](guide::moving_from) Tower's own layers or another library.
//! - [Testing](guide::testing) what you have built.
//! - `examples/` in the package: a reqwest client, an axum server, a tonic client and a server, a
//!   database pool, plain futures, and threads without a runtime.
//! - [`telemetry`] for metrics, [`Event`] and [`Listener`] for what happens in between.
//!
//! [`CircuitBreakerHandle`]: circuit_breaker::CircuitBreakerHandle

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "admin")]
pub mod admin;
pub mod budget;
#[cfg(feature = "flags")]
pub mod flags;
#[cfg(feature = "grpc")]
pub mod grpc;
// Text and examples only: there for rustdoc, and not in a build.
#[cfg(any(doc, doctest))]
pub mod guide;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "keyed")]
pub mod keyed;
pub mod operator;
#[cfg(feature = "settings")]
pub mod settings;
pub mod telemetry;
#[cfg(feature = "test-util")]
pub mod test_util;
#[cfg(feature = "wire")]
pub mod wire;

mod attempt_span;
mod carry;
mod classify;
mod config;
mod criticality;
mod deadline_value;
#[cfg(feature = "wire")]
mod describe;
mod divisor;
mod error;
mod event;
mod expiry;
mod holders;
mod layers;
mod limit_handle;
mod live_limit;
mod meter;
mod name;
mod outcome;
mod ratio;
mod registry;
mod rng;
mod stripes;
mod sync;
mod time;
mod window;

#[cfg(feature = "http")]
pub use layers::respond;
pub use layers::{circuit_breaker, deadline, fault, lift, propagate, retry, timeout, trace};

pub use carry::{Carried, Carry, Carrying};
pub use classify::{AnyError, Classify};
pub use config::{ConfigError, ConfigErrors};
pub use criticality::Criticality;
pub use deadline_value::Deadline;
pub use error::{BoxError, Error, HeaderMistake, Reason, Refusal, Rejected};
pub use event::{Event, GaveUp, Listener};
pub use name::{Name, NameError};
pub use outcome::Outcome;
pub use ratio::{Ratio, RatioError};
pub use rng::Rng;

#[cfg(test)]
mod floors;
