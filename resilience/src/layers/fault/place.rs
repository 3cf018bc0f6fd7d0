use std::sync::Arc;

use super::{
    plan::FaultPlan,
    switch::{FaultSwitch, Stay},
};

/// What a call under a fault holds; given back when dropped, however the call ends.
#[derive(Debug)]
pub(super) struct Place {
    switch: FaultSwitch,
}

#[cfg_attr(not(feature = "fault-injection"), expect(dead_code, reason = "nothing is injected"))]
impl Place {
    /// Takes a place for a call that `plan` hits; `None` when `plan` may not hit it.
    pub(super) fn take(switch: &FaultSwitch, plan: &Arc<FaultPlan>) -> Option<Self> {
        Self::stay(switch, plan).map(|(place, _)| place)
    }

    /// The same, with how long it may be held.
    pub(super) fn stay(switch: &FaultSwitch, plan: &Arc<FaultPlan>) -> Option<(Self, Stay)> {
        let stay = switch.enter(plan)?;
        Some((Self { switch: switch.clone() }, stay))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.switch.leave();
    }
}
