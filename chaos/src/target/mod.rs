//! The processes that a run starts, and the promise that none outlives it.
//!
//! Each process leads its own group and sits in a guard that kills the group and reaps
//! it, whether the run ends well, fails, is interrupted or panics. What a `SIGKILL` of
//! this tool leaves is found through the [`Journal`], by the next command of any kind.

mod binaries;
mod breakdown;
mod compile;
#[cfg(test)]
pub(crate) mod fake;
mod journal;
mod leftovers;
mod process;
mod process_id;
mod ready;
mod room;
mod run_dir;
mod service;
mod site;
mod system;

pub use binaries::Binaries;
pub use breakdown::Breakdown;
pub use compile::compile;
pub use journal::{Entry, Journal, state_dir};
pub use leftovers::{Leftovers, sweep};
pub use process::Process;
pub use process_id::ProcessId;
pub use ready::Ready;
pub use room::beside;
pub use run_dir::RunDir;
pub use service::{Launch, Service};
pub use site::{Site, SiteOptions};
pub use system::check_system;
