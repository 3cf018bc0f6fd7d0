//! Drives the whole system the way a person would: as processes, over the network.
//!
//! The tests are in `system/`, one binary, and those of the dashboard in a browser in
//! `browser/`, another one behind the feature `browser`. They need the programs `chaos`, `user`,
//! `order` and `dashboard`, and a second `order` with a planted fault; [`Programs`] has cargo
//! build them on first use, in the profile and the target directory of the tests themselves, so
//! that a stale program is never tested.
//!
//! What fails here panics with the reason: this is test code.

mod demo;
mod processes;
mod programs;

pub use demo::{Demo, Ended, Home, PATIENCE};
pub use processes::{alive, in_group};
pub use programs::Programs;

/// The examples of the README, compiled as they stand there.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
