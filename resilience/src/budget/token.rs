use tokio::time::Instant;

use super::{
    config::TokenBudget,
    deposits::{Deposits, SLOTS},
    named::Balance,
};
use crate::{
    divisor::Divisor,
    stripes::Stripes,
    sync::{AtomicU64, Ordering},
    time::{self, nanos_since},
};

/// One token. A ratio is exact to one unit.
const TOKEN: u64 = 1_000_000;

/// Tokens that first attempts fill and retries empty.
///
/// Three sums that only grow hold all of it: deposited, expired and spent. The oldest tokens
/// are spent first. A grant is one atomic step on the sum of what was spent, so any number of
/// callers together get exactly what is there; a deposit writes a line that belongs to its
/// thread. A word holds years of the largest settings, and where a sum is full there is nothing
/// to spend any more.
#[derive(Debug)]
pub(super) struct Tokens {
    pub(super) origin: Instant,
    /// By the nanoseconds of a slot.
    slot: Divisor,
    deposit_units: u64,
    reserve_units: u64,
    pub(super) deposits: Stripes<Deposits>,
    spent: AtomicU64,
}

impl Tokens {
    pub(super) fn new(config: TokenBudget) -> Self {
        let ttl_nanos = u64::try_from(config.ttl.as_nanos()).unwrap_or(u64::MAX);
        let reserve = u128::from(config.min_per_sec) * u128::from(TOKEN) * config.ttl.as_nanos()
            / (u128::from(SLOTS) * 1_000_000_000);
        Self {
            origin: time::read(),
            slot: Divisor::new((ttl_nanos / SLOTS).max(1)),
            deposit_units: units(config.ratio.as_f64()),
            reserve_units: u64::try_from(reserve).unwrap_or(u64::MAX),
            deposits: Stripes::new(Deposits::default()),
            spent: AtomicU64::new(0),
        }
    }

    /// Deposits for one first attempt made at `now`.
    #[inline]
    pub(super) fn deposit(&self, now: Instant) {
        let slot = self.slot(now);
        let mine = self.deposits.mine(Deposits::default);
        mine.stripe.add(self.deposit_units, slot, mine.alone);
    }

    /// Takes one token at `now`; `false` when there is none.
    pub(super) fn withdraw(&self, now: Instant) -> bool {
        let (deposited, expired) = self.sums(now);
        let step = self.spent.fetch_update(Ordering::AcqRel, Ordering::Acquire, |spent| {
            // What expired unspent is gone: it counts as spent before anything newer.
            spent.max(expired).checked_add(TOKEN).filter(|next| *next <= deposited)
        });
        step.is_ok()
    }

    /// The number of the slot, counted so that a full life of slots lies before the first.
    #[inline]
    fn slot(&self, now: Instant) -> u64 {
        self.slot.quotient(nanos_since(self.origin, now)) + SLOTS
    }

    /// All units deposited up to `now`, and those among them whose slot has left.
    fn sums(&self, now: Instant) -> (u64, u64) {
        let slot = self.slot(now);
        let oldest = slot + 1 - SLOTS;
        // The reserve is deposited at the start of each slot, this one included.
        let mut deposited = self.reserve_units.saturating_mul(slot);
        let mut expired = self.reserve_units.saturating_mul(oldest - 1);
        for stripe in self.deposits.iter() {
            let sum = stripe.sum();
            deposited = deposited.saturating_add(sum);
            // A deposit in between belongs to neither: it must not make what lies on another
            // stripe count as expired.
            expired = expired.saturating_add(stripe.sum_before(oldest).min(sum));
        }
        (deposited, expired)
    }
}

impl Balance for Tokens {
    /// The whole tokens that are left at `now`.
    fn balance(&self, now: Instant) -> u64 {
        let (deposited, expired) = self.sums(now);
        let spent = self.spent.load(Ordering::Acquire).max(expired);
        deposited.saturating_sub(spent) / TOKEN
    }
}

/// `ratio` tokens in units, rounded up so that a third deposited three times is a token.
pub(super) fn units(ratio: f64) -> u64 {
    #[expect(clippy::cast_precision_loss, reason = "one million is exact")]
    let exact = ratio * TOKEN as f64;
    // A decimal ratio such as 0.3 must not become one unit more by its binary rounding.
    let nearest = exact.round();
    let whole = if (exact - nearest).abs() < 1e-6 { nearest } else { exact.ceil() };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 10^9")]
    let units = whole as u64;
    units
}
