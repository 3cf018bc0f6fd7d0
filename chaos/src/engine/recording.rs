use crate::experiment::PerGroup;
use crate::measure::{Call, Effect, Event, Latency, Policies};

/// All that was seen in a run.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// Each group's calls, in the order of their intended start.
    pub calls: PerGroup<Vec<Call>>,
    /// How late the generator was with each call, both groups together.
    pub lag: Latency,
    /// What was read from the services in each phase.
    pub phases: Vec<PhaseRecord>,
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
}
