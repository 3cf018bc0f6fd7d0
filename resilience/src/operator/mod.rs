//! All policies of the process, to look at and to change while calls run.
//!
//! A policy is listed from when its layer is made for as long as something of it lives: the
//! layer, a service, or a handle. Timeouts and deadlines are listed by name, from the first
//! service or handle on and for the life of the process, because a limit of time belongs to its name.
//!
//! Listing takes no part in a call: a layer registers once, and what is told is read when
//! somebody asks.
//!
//! # Examples
//!
//! ```
//! use resilience::{Name, circuit_breaker::{CircuitBreakerLayer, Config, State}};
//! use resilience::operator::{Policy, policies};
//!
//! let layer = CircuitBreakerLayer::new(Name::from_static("users-api"), Config::default());
//! for listed in policies() {
//!     if let Policy::CircuitBreaker(breaker) = listed.policy() {
//!         breaker.force_open();
//!     }
//! }
//! assert_eq!(layer.handle().snapshot().state, State::ForcedOpen);
//! ```

#[cfg(feature = "wire")]
mod command;
#[cfg(feature = "wire")]
mod kinds;
mod policy;
#[cfg(feature = "wire")]
mod state;

#[cfg(feature = "wire")]
pub use command::CommandError;
#[cfg(feature = "flags")]
pub(crate) use policy::faults;
pub use policy::{Listed, Policy, find, policies};
#[cfg(feature = "wire")]
pub use state::{event_after, events_after};

#[cfg(test)]
#[cfg(feature = "wire")]
mod tests;
