//! Tools to test services and policies with: a scripted service, a check of the readiness
//! contract, virtual time and a recorder of events.
//!
//! | to | use |
//! |---|---|
//! | answer many calls by a list made beforehand, and see afterwards what came | [`Script`] |
//! | hold readiness back, and have the contract of `poll_ready` and `call` checked | [`Readiness`] |
//! | run to an instant, or tell how long something takes, on a paused clock | [`elapsed_of`], [`run_until`], [`advance_to`] |
//! | see what a policy reported | [`Events`] |
//! | play the service by hand, request by request, and look in between | `tower_test::mock` |
//! | poll a future by hand and see whether it was woken | `tokio_test::task` |
//! | answer by a function of the request | `tower::service_fn` |
//!
//! A script suits what calls more than once, clones, waits or drops, such as a retry or a
//! hedge: there nobody stands by to answer each request. The mock of tower-test suits a test of
//! one call in small steps.
//!
//! It belongs under `[dev-dependencies]`, with the feature `test-util`, which also enables Tokio's
//! feature of that name. It asserts by panics, and what it records grows with each call.
//! The [guide](crate::guide::testing) says what to test with it.
//!
//! # Examples
//!
//! A retry policy of your own, on virtual time:
//!
//! ```
//! use std::time::Duration;
//! use resilience::{
//!     BoxError, Name,
//!     retry::{Attempt, Config, Decision, Policy, Replay, RetryLayer, Wait},
//!     test_util::{Script, elapsed_of},
//! };
//! use tower::{Layer, ServiceExt};
//!
//! /// Waits a second whenever the service is busy; anything else is final.
//! #[derive(Clone)]
//! struct WhileBusy;
//!
//! impl Policy<String, u32, BoxError> for WhileBusy {
//!     fn replay(&self, request: &String) -> Replay<String> {
//!         Replay::Copy(request.clone())
//!     }
//!
//!     fn decide(&self, result: Result<&u32, &BoxError>, _: &Attempt) -> Decision {
//!         match result {
//!             Err(error) if error.to_string() == "busy" => {
//!                 Decision::Retry { wait: Wait::Exactly(Duration::from_secs(1)) }
//!             }
//!             _ => Decision::Return,
//!         }
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! let script = Script::new([Err("busy".into()), Err("gone".into())]);
//! let retry = RetryLayer::with_policy(Name::from_static("jobs"), Config::default(), WhileBusy);
//!
//! let call = retry.layer(script.clone()).oneshot("job 7".to_owned());
//! let (took, result) = elapsed_of(call).await;
//!
//! assert_eq!(result.unwrap_err().to_string(), "gone");
//! assert_eq!(took, Duration::from_secs(1));
//! assert_eq!(script.requests(), ["job 7", "job 7"]);
//! # }
//! ```
//!
//! A breaker in front of a service that fails and comes back:
//!
//! ```
//! use std::time::Duration;
//! use resilience::{
//!     BoxError, Name, Ratio,
//!     circuit_breaker::{CircuitBreakerLayer, Config, HalfOpen, State},
//!     test_util::{Answer, Events, Script},
//! };
//! use tokio::time::advance;
//! use tower::{Layer, ServiceExt};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), BoxError> {
//! let down = || Answer::err("down".into());
//! let script = Script::<_, _, BoxError>::new([down(), down()]).then(|| Answer::ok("back"));
//! let events = Events::new();
//! let config = Config::builder()
//!     .consecutive_failures(2)
//!     .open_for(Duration::from_secs(5))
//!     .open_jitter(Ratio::ZERO)
//!     .half_open(HalfOpen::PermittedCalls { calls: 1 })
//!     .build()?;
//! let service = CircuitBreakerLayer::new(Name::from_static("stock"), config)
//!     .on_event(events.listener())
//!     .layer(script.clone());
//!
//! for _ in 0..5 {
//!     assert!(service.clone().oneshot("bolts").await.is_err());
//! }
//! assert_eq!(script.calls(), 2, "the open breaker kept three calls away");
//!
//! advance(Duration::from_secs(5)).await;
//! assert_eq!(service.oneshot("bolts").await?, "back");
//! events.assert_states([State::Open, State::HalfOpen, State::Closed]);
//! # Ok(())
//! # }
//! ```

mod answer;
mod clock;
mod events;
mod future;
mod probe;
mod readiness;
mod script;
mod traffic;

pub use answer::Answer;
pub use clock::{advance_to, elapsed_of, run_until};
pub use events::Events;
pub use future::ResponseFuture;
pub use probe::Probe;
pub use readiness::Readiness;
pub use script::Script;

#[cfg(test)]
mod tests;
