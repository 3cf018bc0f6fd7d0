use super::switch::FaultSwitch;
use crate::name::Name;

/// The switch of a fault layer, and the layer's name.
#[derive(Clone, Debug)]
pub struct FaultHandle {
    name: Name,
    switch: FaultSwitch,
}

impl FaultHandle {
    pub(super) const fn new(name: Name, switch: FaultSwitch) -> Self {
        Self { name, switch }
    }

    /// The layer's name.
    pub const fn name(&self) -> Name {
        self.name
    }

    /// What arms and disarms it.
    pub const fn switch(&self) -> &FaultSwitch {
        &self.switch
    }
}
