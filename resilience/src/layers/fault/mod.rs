//! Injects faults on purpose, to see what the rest of a system makes of them.
//!
//! The [guide](crate::guide::fault_injection) says when to use it and how it goes wrong.
//!
//! It is off twice. Without the cargo feature `fault-injection` the layer compiles to a
//! transparent wrapper with the same types and bounds. With it, the layer is idle until its
//! [`FaultSwitch`] is armed, and an armed fault ends by itself at its expiry, or when it has hit as
//! many calls as it may. An idle layer reads one flag per call and one each time that it is asked
//! whether it is ready: it takes no lock, reads no clock and draws no random number.
//!
//! What was injected shows. A rejection has a reason of its own, which
//! `RespondLayer` turns into the header `x-fault-injected`; an answer that was delayed gets that
//! header from `FaultLayer::http`, or what a [`Target`] of your own puts there.
//! Each call hit is an [`Event`](crate::Event), counts in `resilience_faults_injected_total`,
//! and is in the [`Status`] of the switch.
//!
//! That a fault is armed and that it ends, and why, is told as well, in the log and the event stream
//! of the process, and `resilience_fault_armed` is 1 in between.
//!
//! Put it innermost, so that every other layer feels what it does. Faults of bodies are injected by
//! a layer of their own, `FaultBodyLayer`, with the feature `http-body`.
//!
//! # Sharing
//!
//! All layers and services with a clone of one switch share its state and its counts.
//! Listeners are not shared: a service keeps those that its layer had when it was made.
//!
//! # Cancellation
//!
//! A call dropped during an injected latency never reaches the service. A call that is dropped
//! or panics makes room under [`FaultPlan::max_active`], as one that ends does, and so do a service
//! that is kept from being ready and a body. A clone of such a service is not kept.
//!
//! # Panics
//!
//! An injected latency, a stall of readiness and a slow body panic outside a Tokio runtime with its time driver enabled.
//!
//! # Examples
//!
//! ```
//! use std::time::Duration;
//! use resilience::{BoxError, Name, Ratio, Reason, Refusal};
//! use resilience::fault::{Fault, FaultLayer, FaultPlan, FaultSwitch};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), BoxError> {
//! let switch = FaultSwitch::new();
//! let faults = FaultLayer::new(Name::from_static("users-api"), switch.clone());
//! let service = faults.layer(service_fn(|_: ()| async { Ok::<_, BoxError>("fine") }));
//! assert_eq!(service.clone().oneshot(()).await?, "fine");
//!
//! let plan = FaultPlan::new(Fault::Error { status: 503 }, Ratio::ONE, Duration::from_secs(60));
//! switch.arm(plan?);
//! # if cfg!(feature = "fault-injection") {
//! let error = service.oneshot(()).await.unwrap_err();
//! let rejected = error.as_rejected().ok_or("a fault should be injected")?;
//! assert_eq!(rejected.reason(), Reason::InjectedError { status: 503 });
//! # }
//! # Ok(())
//! # }
//! ```

mod allowance;
#[cfg(feature = "http-body")]
mod body;
mod handle;
mod held;
mod histogram;
mod layer;
mod news;
mod place;
mod plan;
mod settings;
mod signal;
mod spread;
mod switch;
mod target;
mod whom;

#[cfg(feature = "fault-injection")]
mod counted;
#[cfg(feature = "fault-injection")]
mod future;
#[cfg(feature = "fault-injection")]
mod service;
#[cfg(not(feature = "fault-injection"))]
mod transparent;

#[cfg(not(feature = "fault-injection"))]
pub use transparent::{FaultService, ResponseFuture};
#[cfg(feature = "fault-injection")]
pub use {future::ResponseFuture, service::FaultService};

#[cfg(feature = "http-body")]
pub use body::{BodyResponseFuture, FaultBody, FaultBodyLayer, FaultBodyService};
pub use handle::FaultHandle;
pub use histogram::Bucket;
pub use layer::FaultLayer;
#[cfg(feature = "flags")]
pub(crate) use news::News;
pub use plan::{Fault, FaultPlan};
pub use spread::Spread;
pub use switch::{FaultSwitch, Status};
#[cfg(feature = "http")]
pub use target::HttpTarget;
pub use target::{AnyRequest, Target};
pub use whom::Whom;

pub use crate::event::FaultEnd;

#[cfg(test)]
#[cfg(all(feature = "fault-injection", feature = "http"))]
mod tests;
#[cfg(test)]
mod type_tests;
