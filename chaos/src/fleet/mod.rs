//! A running demo that people play with: look at it, kill its members, start them again.
//!
//! A [`Fleet`] is whatever runs, and whoever started it. The one that `chaos up` starts is
//! [`Local`]: a [`Supervisor`] holds its processes and takes requests on a socket, so that
//! other commands can reach it. A Compose [`Project`](crate::target::Project) is another, and
//! the engine holds its containers. The monkey and the checks know the trait alone.

mod check;
mod checkup;
mod claim;
mod compose;
mod dead_times;
mod desk;
#[cfg(test)]
mod fake;
mod keeper;
mod local;
mod monkey;
mod request;
mod schedule;
mod state;
mod supervisor;
#[cfg(test)]
mod tests;
mod victims;

use std::fmt;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

pub use check::{Check, Round, What, Word};
pub use checkup::Checkup;
pub use claim::{Claim, Swept};
pub use dead_times::DeadTimes;
pub use local::Local;
pub use monkey::{Attempt, Fate, Monkey};
pub use request::{Answer, Request};
pub use schedule::{Habits, Schedule, Strike};
pub use state::{Purpose, Running, State};
pub use supervisor::{Options, Supervisor};
pub use victims::Victims;

/// A running demo.
pub trait Fleet: fmt::Debug + Send + Sync {
    /// Every member, whether it runs or not.
    fn members(&self) -> BoxFuture<'_, anyhow::Result<Vec<Member>>>;

    /// Kills a member as a crash would.
    fn kill<'a>(&'a self, member: &'a str) -> BoxFuture<'a, anyhow::Result<()>>;

    /// Starts a dead member and waits until it is ready. One that runs is left as it is:
    /// somebody else was faster.
    fn start<'a>(&'a self, member: &'a str) -> BoxFuture<'a, anyhow::Result<()>>;
}

/// A part of a fleet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// `user`, `order-guarded`, `order-bare` or `dashboard`.
    pub name: String,
    /// Where it listens, without a path; `None`: nowhere on this machine, as far as is known.
    pub url: Option<String>,
    /// Whether its process runs. That it answers is another question.
    pub runs: bool,
}

impl Member {
    /// The user service.
    pub const USER: &'static str = "user";
    /// The dashboard.
    pub const DASHBOARD: &'static str = "dashboard";

    /// Whether orders can be placed there.
    pub fn takes_orders(&self) -> bool {
        self.name.starts_with("order-")
    }
}
