use std::time::Duration;

use uuid::Uuid;

use crate::experiment::PerGroup;
use crate::measure::{Call, Effect, Event, Latency, Policies};
use crate::target::Breakdown;

/// All that was seen in a run.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// The ids of the users that orders were placed for.
    pub users: Vec<Uuid>,
    /// Each group's calls, in the order of their intended start.
    pub calls: PerGroup<Vec<Call>>,
    /// How late the generator was with each call, both groups together.
    pub lag: Latency,
    /// What was read from the services in each phase.
    pub phases: Vec<PhaseRecord>,
    /// Services that died or did not stop cleanly, each once.
    pub breakdowns: Vec<Breakdown>,
    /// What happened when.
    pub events: Vec<Event>,
}

/// What was read from the services in a phase.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PhaseRecord {
    /// Calls that reached the user service.
    pub lookups: PerGroup<u64>,
    /// What the guarded service's policies did.
    pub policies: Policies,
    /// What the phase's fault was seen to do; `None`: the phase has no fault.
    pub effect: Option<Effect>,
    /// When a service that the fault had taken away was back, counted from the start of the run.
    pub restored: Option<Duration>,
}

impl Recording {
    /// Adds a breakdown, unless one of the same service is known: what ended in the middle of
    /// the run does not stop cleanly either.
    pub fn broke_down(&mut self, breakdown: Breakdown) {
        if self.breakdowns.iter().all(|known| known.role != breakdown.role) {
            self.breakdowns.push(breakdown);
        }
    }
}
