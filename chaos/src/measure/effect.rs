use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a fault did, as observed and not as ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Calls that a fault inside the service hit, by the service's own count.
    Hits {
        /// The number of calls.
        calls: u64,
    },
    /// A process that was gone.
    Gone {
        /// From the moment it was found dead to the moment it was ready again.
        #[serde(with = "humantime_serde")]
        down_for: Duration,
    },
}

impl Effect {
    /// Whether the fault happened at all.
    pub const fn proved(self) -> bool {
        match self {
            Self::Hits { calls } => calls > 0,
            Self::Gone { down_for } => !down_for.is_zero(),
        }
    }
}
