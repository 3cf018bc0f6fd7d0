//! What one poll of a service brings.

use std::{collections::BTreeMap, time::Duration};

use kit::state::ServiceState;

use super::Totals;

/// The services that a service is seen to call; further ones are left out.
pub const MOST_PEERS: usize = 32;

/// The policies of a service that are looked at; further ones are left out.
pub const MOST_POLICIES: usize = 256;

/// What one poll of a service brings.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What it says of itself.
    pub state: ServiceState,
    /// Whether it can do its work; if not, why.
    pub ready: Result<(), String>,
    /// What it counted; `None` when its counts could not be read.
    pub reading: Option<Reading>,
    /// When it said so: half-way between the question and the answer.
    pub at: Duration,
    /// How long the answer took: ages in it are wrong by no more.
    pub took: Duration,
}

/// Why a service could not be asked, in words for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed(pub String);

/// What a service counted since it started.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// When it was read.
    pub at: Duration,
    /// The calls it received.
    pub calls: Totals,
    /// The attempts it made, by the service that it called.
    pub peers: BTreeMap<String, Totals>,
}
