use std::array::from_fn;

use super::{config::TokenBudget, deposits::SLOTS, token::TOKEN};

/// As many slots back as a deposit lives.
#[expect(clippy::cast_possible_truncation, reason = "ten")]
const BACK: usize = SLOTS as usize;

/// What every slot brings by itself, at its start, since the settings were changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reserve {
    /// The units of each slot after `since`.
    units: u64,
    since: u64,
    /// All units up to that slot, and up to each before it for as long as deposits live.
    sums: [u64; BACK + 1],
}

impl Reserve {
    /// By `config` after `slot`. Up to then it is what `through` says: the sum may not shrink, or
    /// what was spent of it would have to be paid again.
    pub(super) fn new(config: TokenBudget, slot: u64, through: impl Fn(u64) -> u64) -> Self {
        let sums = from_fn(|back| through(slot.saturating_sub(back as u64)));
        Self { units: reserve_units(config), since: slot, sums }
    }

    /// The last slot that is as it was before the change.
    pub(super) const fn since(&self) -> u64 {
        self.since
    }

    /// All units of the slots up to `slot`, its own included.
    pub(super) fn through(&self, slot: u64) -> u64 {
        if let Some(slots) = slot.checked_sub(self.since) {
            return self.sums[0].saturating_add(self.units.saturating_mul(slots));
        }
        let back = usize::try_from(self.since - slot).unwrap_or(BACK);
        self.sums[back.min(BACK)]
    }
}

/// The units of one slot.
pub(super) fn reserve_units(config: TokenBudget) -> u64 {
    let of_ttl = u128::from(config.min_per_sec) * u128::from(TOKEN) * config.ttl.as_nanos();
    u64::try_from(of_ttl / (u128::from(SLOTS) * 1_000_000_000)).unwrap_or(u64::MAX)
}
