use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::FaultSpec;

/// What the promise asks of a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expects {
    /// Orders are served: nearly all of them, in time.
    Orders,
    /// Orders cannot be served: they are refused at once, and the breaker is seen to open.
    FastRefusals,
}

/// A stretch of the run with its own fault and its own expectation.
///
/// A call belongs to the phase in which it was meant to start, however late it ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// The short name in tables and files.
    pub name: String,
    /// How long orders arrive.
    #[serde(with = "humantime_serde")]
    pub load_for: Duration,
    /// The pause that follows, in which no order arrives and calls of this phase end.
    ///
    /// Choose it longer than the slowest answer that the fault makes likely; otherwise
    /// the work still held in the bare service is carried into the next phase. The fault
    /// stays armed until the pause ends, so that a call's retries meet it too.
    #[serde(with = "humantime_serde")]
    pub drain: Duration,
    /// What is broken meanwhile; `None`: nothing.
    pub fault: Option<FaultSpec>,
    /// What the promise asks of this phase.
    pub expects: Expects,
}
