use super::{config::TokenBudget, deposits::SLOTS, token::TOKEN};

/// What every slot brings by itself, at its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reserve {
    /// The units of each slot after `since`.
    units: u64,
    since: u64,
    /// All units up to that slot, its own included.
    base: u64,
    /// The units of each slot before, as far back as a deposit lives: what a change before this
    /// one left of still earlier slots is not told apart.
    earlier: u64,
}

impl Reserve {
    pub(super) const fn new(units: u64) -> Self {
        Self { units, since: 0, base: 0, earlier: 0 }
    }

    /// All units of the slots up to `slot`, its own included.
    pub(super) const fn through(&self, slot: u64) -> u64 {
        match slot.checked_sub(self.since) {
            Some(slots) => self.base.saturating_add(self.units.saturating_mul(slots)),
            None => self.base.saturating_sub(self.earlier.saturating_mul(self.since - slot)),
        }
    }

    /// By other settings after `slot`. What was brought up to then stays as it was: the sum may
    /// not shrink, or what was spent of it would have to be paid again.
    pub(super) fn changed(&self, config: TokenBudget, slot: u64) -> Self {
        let (base, earlier) = (self.through(slot), self.units);
        Self { units: reserve_units(config), since: slot, base, earlier }
    }
}

/// The units of one slot.
pub(super) fn reserve_units(config: TokenBudget) -> u64 {
    let of_ttl = u128::from(config.min_per_sec) * u128::from(TOKEN) * config.ttl.as_nanos();
    u64::try_from(of_ttl / (u128::from(SLOTS) * 1_000_000_000)).unwrap_or(u64::MAX)
}
