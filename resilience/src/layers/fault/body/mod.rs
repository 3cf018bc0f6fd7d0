//! Faults of the bodies of answers. What a fault does to a body changes its type, so that this is
//! a layer of its own, for those who want it.

mod fault_body;
mod future;
mod layer;
mod service;

#[cfg(feature = "fault-injection")]
mod damage;
#[cfg(feature = "fault-injection")]
mod source;
#[cfg(not(feature = "fault-injection"))]
mod transparent;

#[cfg(not(feature = "fault-injection"))]
use transparent::{Damage, Source};
#[cfg(feature = "fault-injection")]
use {damage::Damage, source::Source};

pub use fault_body::FaultBody;
pub use future::BodyResponseFuture;
pub use layer::FaultBodyLayer;
pub use service::FaultBodyService;
