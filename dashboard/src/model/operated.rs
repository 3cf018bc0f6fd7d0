//! What the operator's port of a service tells.

use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

use resilience::wire::{EventState, FlagsState, InstanceState, PolicyState};

/// The policies of a service and what has changed them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Operated {
    /// The first of its policies, in the order of the service.
    pub policies: Vec<InstanceState>,
    /// All that there are.
    pub total: usize,
    /// The last changes, the newest first, with their age at this moment.
    pub changes: VecDeque<EventState>,
    /// Why no changes are told, if so.
    pub deaf: Option<Refusal>,
}

/// The flags for faults of a service, and its fault switches with what has changed them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flagged {
    /// Its flags; `None`: it takes none.
    pub flags: Option<FlagsState>,
    /// Its policies that are fault switches.
    pub operated: Operated,
}

impl Flagged {
    /// The names by which flags find its fault switches, each once.
    pub fn switches(&self) -> BTreeSet<&str> {
        let switches = self.operated.policies.iter();
        let switches = switches.filter(|policy| matches!(policy.state, PolicyState::Fault(_)));
        switches.map(|policy| policy.state.policy()).collect()
    }
}

/// Why a question or a command was not answered with success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nobody listens there.
    Away,
    /// The connection ended before the answer.
    Broken,
    /// No answer came within this time. A command may have been carried out all the same.
    Slow(Duration),
    /// The answer is none that such a port gives.
    Strange,
    /// The answer is a problem.
    Said {
        /// Its status.
        status: u16,
        /// Its reason, for programs.
        reason: String,
        /// What was given and what was expected.
        detail: String,
    },
}

impl Refusal {
    /// A problem.
    pub fn said(status: u16, reason: &str, detail: impl Into<String>) -> Self {
        Self::Said { status, reason: reason.to_owned(), detail: detail.into() }
    }

    /// The status with which it is passed on.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Away | Self::Broken | Self::Strange => 502,
            Self::Slow(_) => 504,
            Self::Said { status, .. } => *status,
        }
    }

    /// Whether asking again with the same token is in vain.
    pub fn is_of_the_token(&self) -> bool {
        matches!(self, Self::Said { status: 401, .. })
    }
}
