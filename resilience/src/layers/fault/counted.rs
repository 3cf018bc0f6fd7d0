//! How each call that is hit is counted and told.

use super::plan::Fault;
use crate::{
    event::{Event, Listeners},
    meter::{Kind, Meter},
    name::Name,
};

static KIND: Kind = Kind {
    metric: "resilience_faults_injected_total",
    help: "Calls into which a fault was injected, by the fault.",
    label: "fault",
    outcomes: &[
        "latency",
        "error",
        "abort",
        "stall",
        "panic",
        "readiness_stall",
        "slow_body",
        "truncated_body",
    ],
};

/// The counter of the layers called `name`.
pub(super) fn meter(name: Name) -> &'static Meter {
    Meter::of(&KIND, name)
}

/// Counts a call that `fault` hits, and tells of it.
pub(super) fn count(meter: &Meter, name: Name, fault: &Fault, listeners: &Listeners) {
    meter.count(match fault {
        Fault::Latency { .. } | Fault::RandomLatency { .. } => 0,
        Fault::Error { .. } | Fault::GrpcStatus { .. } => 1,
        Fault::Abort => 2,
        Fault::Stall => 3,
        Fault::Panic => 4,
        Fault::ReadinessStall => 5,
        Fault::SlowBody { .. } => 6,
        Fault::TruncatedBody { .. } => 7,
    });
    listeners.emit(&Event::FaultInjected { name, fault: fault.as_str() });
}
