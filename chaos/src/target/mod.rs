//! The services of a run: processes that it starts, with the promise that none outlives it,
//! or containers that it finds, with the promise that they run afterwards as before.
//!
//! Each process leads its own group and sits in a guard that kills the group and reaps
//! it, whether the run ends well, fails, is interrupted or panics. A container stays, so what
//! a run does to it is noted in the [`Journal`] first and [settled](settle) when the command
//! ends. What a `SIGKILL` of this tool leaves of either is found through the journal too, by
//! the next command of any kind.

mod attach;
mod binaries;
mod breakdown;
mod compile;
mod container_body;
mod debt;
mod docker;
#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
pub(crate) mod fake_engine;
#[cfg(test)]
mod fake_service;
mod flags;
mod http;
mod journal;
mod launch;
mod leftovers;
mod mended;
mod pay;
mod plan;
mod ports;
mod process;
mod process_id;
mod ready;
mod room;
mod run_dir;
mod service;
mod site;
mod start;
mod system;
mod token;
mod turn;
mod unnamed;

pub use binaries::{Binaries, Programs};
pub use breakdown::Breakdown;
pub use compile::compile;
pub use docker::{Container, ContainerRef, Engine, EngineVersion, Health, Member, Project, State};
pub use flags::FaultFlag;
pub use http::client as http_client;
pub use journal::{Entry, Journal, is_private, state_dir};
pub use launch::Launch;
pub use leftovers::{Leftovers, settle, sweep};
pub use mended::Mended;
pub use ports::{Ports, is_free};
pub use process::Process;
pub use process_id::ProcessId;
pub use ready::Ready;
pub use room::beside;
pub use run_dir::RunDir;
pub use service::Service;
pub use site::{Processes, Site};
pub use start::{DashboardPort, SiteOptions};
pub use system::check_system;
use turn::Turn;
