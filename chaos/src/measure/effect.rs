use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a fault did, as observed and not as ordered.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Calls that a fault inside the service hit, by the service's own count.
    Hits {
        /// The number of calls.
        calls: u64,
        /// The share of calls that it was meant to hit.
        share: f64,
        /// Whether it was still armed when its time was over.
        stayed: bool,
    },
    /// A process that was gone.
    Gone {
        /// From the moment it was found dead to the moment it was ready again.
        #[serde(with = "humantime_serde")]
        down_for: Duration,
        /// Whether it was down still when its time was over.
        stayed: bool,
    },
}

/// The part of the expected hits from which a fault counts as having happened: far below what
/// the luck of the draw leaves, and far above what a fault that was lost half-way reaches.
const ENOUGH: f64 = 0.5;

impl Effect {
    /// Why the fault does not count as having happened, given the calls that arrived while it
    /// should have; `None`: it does.
    #[expect(clippy::cast_precision_loss, reason = "a run has far fewer than 2^52 calls")]
    pub fn shortfall(self, arrived: u64) -> Option<String> {
        match self {
            Self::Hits { calls, stayed: false, .. } => {
                Some(format!("it was no longer armed when its time was over, after {calls} hits"))
            }
            Self::Hits { calls: 0, .. } => Some("it hit no call".to_owned()),
            Self::Hits { calls, share, .. } => {
                let meant = share * arrived as f64;
                let short = (calls as f64) < ENOUGH * meant;
                short.then(|| {
                    format!("it hit {calls} of {arrived} calls, about {meant:.0} were meant")
                })
            }
            Self::Gone { stayed: false, .. } => Some(
                "somebody else had started the service again before its time was over".to_owned(),
            ),
            Self::Gone { down_for, .. } => {
                down_for.is_zero().then(|| "the service was not gone".to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(calls: u64, stayed: bool) -> Option<String> {
        Effect::Hits { calls, share: 0.15, stayed }.shortfall(1_000)
    }

    #[test]
    fn a_fault_that_did_half_of_what_it_was_meant_to_counts_and_less_does_not() {
        assert_eq!(hits(150, true), None);
        assert_eq!(hits(75, true), None);
        let short = hits(74, true).unwrap();
        assert_eq!(short, "it hit 74 of 1000 calls, about 150 were meant");
        assert_eq!(hits(0, true).unwrap(), "it hit no call");
    }

    #[test]
    fn a_fault_that_was_disarmed_by_somebody_else_does_not_count() {
        assert!(hits(150, false).unwrap().contains("no longer armed"));
    }

    #[test]
    fn a_service_that_was_gone_for_no_time_was_not_killed() {
        let gone = |seconds, stayed| {
            Effect::Gone { down_for: Duration::from_secs(seconds), stayed }.shortfall(0)
        };
        assert!(gone(0, true).is_some());
        assert_eq!(gone(3, true), None);
        assert!(gone(3, false).unwrap().contains("somebody else"));
    }
}
