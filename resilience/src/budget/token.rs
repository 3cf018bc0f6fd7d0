use std::sync::Arc;

use tokio::time::Instant;

use super::{
    config::TokenBudget,
    deposits::{Deposits, SLOTS},
    named::{Balance, Named},
    reserve::{Reserve, reserve_units},
    retry_budget::Kind,
};
use crate::{
    config::{Check, ConfigErrors},
    divisor::Divisor,
    stripes::Stripes,
    sync::{AtomicU64, Mutex, MutexGuard, OnceLock, Ordering, PoisonError, Swap},
    time::{self, nanos_since},
};

/// One token. A ratio is exact to one unit.
pub(super) const TOKEN: u64 = 1_000_000;

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
    deposit_units: AtomicU64,
    reserve_units: u64,
    /// In place of that, once the settings were changed.
    reserve: OnceLock<Swap<Reserve>>,
    /// For those who change them, one at a time.
    config: Mutex<TokenBudget>,
    pub(super) deposits: Stripes<Deposits>,
    spent: AtomicU64,
}

impl Tokens {
    pub(super) fn new(config: TokenBudget) -> Self {
        let ttl_nanos = u64::try_from(config.ttl.as_nanos()).unwrap_or(u64::MAX);
        Self {
            origin: time::read(),
            slot: Divisor::new((ttl_nanos / SLOTS).max(1)),
            deposit_units: AtomicU64::new(units(config.ratio.as_f64())),
            reserve_units: reserve_units(config),
            reserve: OnceLock::new(),
            config: Mutex::new(config),
            deposits: Stripes::new(Deposits::default()),
            spent: AtomicU64::new(0),
        }
    }

    /// Deposits for one first attempt made at `now`.
    #[inline]
    pub(super) fn deposit(&self, now: Instant) {
        let slot = self.slot(now);
        let mine = self.deposits.mine(Deposits::default);
        mine.stripe.add(self.deposit_units.load(Ordering::Relaxed), slot, mine.alone);
    }

    /// The settings in force.
    pub(super) fn config(&self) -> TokenBudget {
        *self.lock()
    }

    /// Goes by what `change` makes of the settings from `now` on: each deposit from then on is of
    /// its ratio, and the reserve of each slot after that of `now` is as it says. The time that a
    /// deposit lives stays.
    pub(super) fn update(
        &self,
        change: impl FnOnce(TokenBudget) -> Result<TokenBudget, ConfigErrors>,
        now: Instant,
    ) -> Result<(), ConfigErrors> {
        self.update_or(change, now)
    }

    /// The same with errors of the caller's own.
    pub(super) fn update_or<E: From<ConfigErrors>>(
        &self,
        change: impl FnOnce(TokenBudget) -> Result<TokenBudget, E>,
        now: Instant,
    ) -> Result<(), E> {
        let mut known = self.lock();
        let config = change(*known)?;
        let mut check = Check::default();
        check.duration("ttl", config.ttl, known.ttl..=known.ttl);
        *known = check.finish(config)?;
        self.deposit_units.store(units(config.ratio.as_f64()), Ordering::Relaxed);
        let slot = self.slot(now);
        let made = match self.reserve.get() {
            // The time given may lie before the last change.
            Some(before) => {
                let before = before.load();
                Reserve::new(config, slot.max(before.since()), |slot| before.through(slot))
            }
            None => Reserve::new(config, slot, |slot| self.reserve_units.saturating_mul(slot)),
        };
        let mut made = Some(Arc::new(made));
        let first = || Swap::new(made.take().expect("taken once"));
        let reserve = self.reserve.get_or_init(first);
        if let Some(made) = made {
            reserve.store(made);
        }
        Ok(())
    }

    /// The reserve up to the one slot and up to the other.
    fn reserves(&self, slot: u64, other: u64) -> (u64, u64) {
        if let Some(reserve) = self.reserve.get() {
            let reserve = reserve.load();
            return (reserve.through(slot), reserve.through(other));
        }
        let through = |slot| self.reserve_units.saturating_mul(slot);
        (through(slot), through(other))
    }

    fn lock(&self) -> MutexGuard<'_, TokenBudget> {
        self.config.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// Whether another with the settings with which this one was made would grant no more at `now`.
    /// Not when they were changed, which another would not know of.
    #[cfg(feature = "keyed")]
    pub(super) fn is_as_new(&self, now: Instant) -> bool {
        let (deposited, expired) = self.sums(now);
        let spent = self.spent.load(Ordering::Acquire).max(expired);
        let fresh = self.reserve_units.saturating_mul(SLOTS);
        self.reserve.get().is_none() && deposited.saturating_sub(spent) >= fresh
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
        let (mut deposited, mut expired) = self.reserves(slot, oldest - 1);
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
    fn kind(named: Arc<Named<Self>>) -> Kind {
        Kind::Token(named)
    }

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
