use std::fmt;

use serde::{Deserialize, Serialize};

/// What can be said of a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It was kept.
    Held,
    /// It was broken.
    Deviated,
    /// It cannot be told.
    Inconclusive,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Held => "held",
            Self::Deviated => "deviated",
            Self::Inconclusive => "inconclusive",
        })
    }
}

/// One part of the promise, held against what was measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The phase; `None`: the whole run.
    pub phase: Option<String>,
    /// What was promised.
    pub promised: String,
    /// What was measured.
    pub measured: String,
    /// What follows.
    pub verdict: Verdict,
}

/// A group's verdict with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupVerdict {
    /// The verdict.
    pub verdict: Verdict,
    /// Every part of the promise.
    pub findings: Vec<Finding>,
}
