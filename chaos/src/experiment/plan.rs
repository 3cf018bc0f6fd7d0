use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Phase, Promise};

/// Everything that decides how a run goes, as pure data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Experiment {
    /// The seed of the schedule: the same seed gives the same orders at the same times.
    pub seed: u64,
    /// Orders per second in each group.
    pub rate: u32,
    /// The share of acknowledged orders that are sent again with the same key.
    pub repeat_share: f64,
    /// The users among which orders are spread.
    pub users: usize,
    /// How long a call may take from its intended start before it counts as unanswered.
    #[serde(with = "humantime_serde")]
    pub client_limit: Duration,
    /// The most calls in flight per group; an arrival beyond them counts as not sent.
    pub max_in_flight: usize,
    /// What both groups are held against.
    pub promise: Promise,
    /// The phases, in the order in which they run.
    pub phases: Vec<Phase>,
}

/// The times of a phase, counted from the start of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// When orders begin to arrive.
    pub start: Duration,
    /// When they stop.
    pub end: Duration,
    /// When the pause for stragglers ends and the next phase starts.
    pub drained: Duration,
}

impl Window {
    /// How long orders arrive.
    pub const fn load(&self) -> Duration {
        self.end.saturating_sub(self.start)
    }
}

impl Experiment {
    /// The times of each phase.
    ///
    /// They are fixed before the run, so nothing that the system does can move them.
    pub fn windows(&self) -> Vec<Window> {
        let mut start = Duration::ZERO;
        let window = |phase: &Phase| {
            let end = start + phase.load_for;
            let window = Window { start, end, drained: end + phase.drain };
            start = window.drained;
            window
        };
        self.phases.iter().map(window).collect()
    }

    /// The length of the run, from the first arrival to the end of the last pause.
    pub fn length(&self) -> Duration {
        self.phases.iter().map(|phase| phase.load_for + phase.drain).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Pace;

    #[test]
    fn each_phase_starts_where_the_pause_before_it_ends() {
        let experiment = Experiment::demo(Pace::Full, 100, 1);
        let windows = experiment.windows();
        assert_eq!(windows.len(), experiment.phases.len());
        assert_eq!(windows[0].start, Duration::ZERO);
        for pair in windows.windows(2) {
            assert!(pair[0].end < pair[0].drained, "every phase has a pause");
            assert_eq!(pair[0].drained, pair[1].start);
        }
        assert_eq!(windows.last().map(|window| window.drained), Some(experiment.length()));
    }
}
