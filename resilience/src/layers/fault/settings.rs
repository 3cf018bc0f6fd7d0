use super::switch::FaultSwitch;
use crate::{event::Listeners, name::Name};

/// What a layer was told and hands to each service it makes.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "fault-injection"), expect(dead_code, reason = "nothing is injected"))]
pub(super) struct Settings<T> {
    pub(super) name: Name,
    pub(super) switch: FaultSwitch,
    pub(super) target: T,
    pub(super) listeners: Listeners,
}
