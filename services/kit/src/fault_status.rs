//! What a fault switch says of itself, in the shape in which it is sent.

use std::time::Duration;

use resilience::{
    fault::{Fault, FaultPlan, FaultSwitch},
    wire::{ArmFault, FaultKind, FaultStatus},
};

pub(crate) fn status_of(switch: &FaultSwitch) -> FaultStatus {
    let status = switch.status();
    FaultStatus {
        armed: status.armed.and_then(|plan| told_as_armed(&plan, status.time_left)),
        injected: status.injected,
        injected_by_plan: status.injected_by_plan,
        active: status.active,
    }
}

/// The plan in the shape in which it came; `None` for a kind that the shape cannot tell.
fn told_as_armed(plan: &FaultPlan, time_left: Duration) -> Option<ArmFault> {
    let fault = match plan.fault() {
        Fault::Latency { delay } => FaultKind::Latency { delay },
        Fault::Error { status } => FaultKind::Error { status },
        Fault::Abort => FaultKind::Abort {},
        _ => return None,
    };
    Some(ArmFault {
        fault,
        rate: plan.rate().as_f64(),
        expires_in: time_left,
        path_prefix: plan.prefix().map(str::to_owned),
        max_active: plan.active_limit(),
        max_injected: plan.injected_limit(),
    })
}
