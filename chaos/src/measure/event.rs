use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Something that happened at a known moment of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Seconds from the start of the run; 0 for what was made ready before it.
    pub at: f64,
    /// What happened, in words.
    pub what: String,
}

impl Event {
    /// Notes `what` at a time counted from the start of the run.
    #[must_use]
    pub fn new(at: Duration, what: impl Into<String>) -> Self {
        let millis = u32::try_from(at.as_millis()).unwrap_or(u32::MAX);
        Self { at: f64::from(millis) / 1_000.0, what: what.into() }
    }
}
