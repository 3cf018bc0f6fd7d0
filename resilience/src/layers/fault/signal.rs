/// What a fault works on: a layer looks at the plans alone whose faults it can inject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    Calls = 1,
    Readiness = 2,
    Bodies = 3,
}

/// Which plan a switch has armed, and for which layers, in the one word that an idle layer reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Signal(u64);

impl Signal {
    /// The plan with this number; none has 0.
    pub(super) const fn armed(number: u64, reach: Reach) -> Self {
        Self(number << 2 | reach as u64)
    }

    /// Nothing is armed.
    pub(super) const IDLE: Self = Self(0);

    pub(super) const fn from_word(word: u64) -> Self {
        Self(word)
    }

    pub(super) const fn word(self) -> u64 {
        self.0
    }

    /// Whether a plan is armed that works on `reach`.
    #[cfg_attr(not(feature = "fault-injection"), expect(dead_code, reason = "nothing is injected"))]
    pub(super) const fn is_for(self, reach: Reach) -> bool {
        self.0 & 0b11 == reach as u64
    }
}
