//! One circuit breaker for each host, route or tenant, in bounded memory.
//!
//! A breaker around several services mixes their results: the one that is down takes the others
//! with it, or hides among their good answers. A [`KeyedCircuitBreakerLayer`] takes a
//! [key](KeyOf) from each request, and each key has a breaker of its own, made when the key is
//! first seen. All have the same settings and the same name; snapshots and
//! [listeners](KeyedCircuitBreakerLayer::on_event) tell the key.
//! The [guide](crate::guide::circuit_breaker) says when to use it.
//!
//! # Bounds
//!
//! Keys come out of requests, and a caller can make up as many as it likes. So there is a
//! [cap](ConfigBuilder::max_keys):
//!
//! - A key that is not used for [a while](ConfigBuilder::idle_for) leaves. Nothing runs for that
//!   by itself: two of the keys are looked at for each new one, and all when gauges are read or by
//!   [`evict_idle`](KeyedCircuitBreakerHandle::evict_idle).
//! - A new key that finds no place takes that of another that is closed, has no call in flight and
//!   was not used since it was last looked at. At most 64 keys are looked at, each of which loses
//!   its mark of use: a second chance, so that keys in use outlast any number of keys seen once.
//!   Once all were looked at in vain, it is 64 in each millisecond: a crowd of new keys does not
//!   hold the lock for a search without hope. A place that becomes free is then found one or two
//!   rounds later, each of which takes 160 ms with 10,000 keys.
//! - A breaker that is open, half-open or was moved by hand never makes room, nor does one whose
//!   handle somebody holds. One that is open leaves when nobody used it for that while and its
//!   wait is over: hosts that are gone for good would else in the end have all the places.
//! - When none of these can leave, and for a key of more than 259 bytes, which is the longest name
//!   of a host with its port, the call goes through one breaker that all such calls share, the
//!   overflow. Nobody is refused because of the cap.
//!
//! Who leaves is forgotten: its window, and that it was open before. A call in flight through it
//! keeps it alive and ends well. One that takes a breaker at the very moment in which it leaves
//! goes through it, too, and its result counts for nobody.
//!
//! # Readiness
//!
//! Which breaker decides is known with the request and not before, so `poll_ready` asks the
//! service inside, and `call` asks the breaker. A single
//! [`CircuitBreaker`](super::CircuitBreaker) that is open answers though the service inside is
//! not ready; this one cannot. Put limits that make callers wait outside, or into the service of
//! each host.
//!
//! A refused call gives back what the service inside had reserved for it.
//!
//! # Sharing
//!
//! Everything that one layer value wraps, and every clone of it, shares the keys and their breakers.
//!
//! # Cancellation
//!
//! As for a [single breaker](super#cancellation).
//!
//! # Examples
//!
//! ```
//! use resilience::{
//!     BoxError, Name, circuit_breaker::{Config, State, keyed::{KeyedCircuitBreakerLayer, by_text}},
//! };
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! struct Order { tenant: String, is_good: bool }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! let config = Config::builder().consecutive_failures(1).build()?;
//! let tenants = by_text(|order: &Order| order.tenant.as_str());
//! let layer = KeyedCircuitBreakerLayer::new(Name::from_static("orders"), config, tenants);
//! let service = layer.layer(service_fn(|order: Order| async move {
//!     if order.is_good { Ok("thanks") } else { Err(BoxError::from("no such thing")) }
//! }));
//!
//! let bad = Order { tenant: "hooli".into(), is_good: false };
//! service.clone().oneshot(bad).await.unwrap_err();
//! let good = Order { tenant: "acme".into(), is_good: true };
//! assert_eq!(service.oneshot(good).await?, "thanks");
//!
//! let states = layer.handle().snapshots(None, 10);
//! let states: Vec<_> = states.iter().map(|one| (one.key.to_string(), one.breaker.state)).collect();
//! assert_eq!(states, [("acme".to_owned(), State::Closed), ("hooli".to_owned(), State::Open)]);
//! # Ok(())
//! # }
//! ```

mod breakers;
mod config;
mod handle;
mod layer;
mod meter;
mod service;
mod snapshot;

#[cfg(feature = "http")]
pub use crate::keyed::ByHost;
pub use crate::keyed::{ByNumber, ByText, Key, KeyCounts, KeyOf, KeyRef, by_number, by_text};
pub use config::{Config, ConfigBuilder};
pub use handle::KeyedCircuitBreakerHandle;
pub use layer::KeyedCircuitBreakerLayer;
pub use service::KeyedCircuitBreaker;
pub use snapshot::KeySnapshot;

#[cfg(test)]
mod tests;
