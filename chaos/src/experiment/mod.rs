//! What a run is meant to do and what it is held against, as pure data.
//!
//! The numbers of the demo stand in one place, [`Experiment::demo`]: the engine walks
//! the phases it finds here and knows none of them by name. To add a phase, add a row
//! there. To add a kind of fault, see [`fault`](crate::fault).

mod demo;
mod fault_spec;
mod group;
mod phase;
mod plan;
mod promise;
mod role;

pub use demo::Pace;
pub use fault_spec::FaultSpec;
pub use group::{Group, PerGroup};
pub use phase::{Expects, Phase};
pub use plan::{Experiment, Window};
pub use promise::Promise;
pub use role::Role;
