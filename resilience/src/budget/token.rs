use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::time::Instant;

use super::{
    config::TokenBudget,
    deposits::{Deposits, SLOTS},
};
use crate::{
    name::Name,
    registry::{self, Gauge, Instance},
    stripes::Stripes,
    time::{self, nanos_since},
};

/// One token. A ratio is exact to one unit.
const TOKEN: u64 = 1_000_000;

/// A budget of tokens that first attempts fill and retries empty.
///
/// Each first attempt deposits [`ratio`](TokenBudget::ratio) tokens, each retry takes one.
/// A deposit that no retry took leaves after [`ttl`](TokenBudget::ttl). The reserve of
/// [`min_per_sec`](TokenBudget::min_per_sec) arrives in the same way, by time.
///
/// Three sums that only grow hold all of this: deposited, expired and spent. The oldest
/// tokens are spent first. A grant is one atomic step on the sum of what was spent, so any
/// number of callers together get exactly what is there; a deposit writes a line that
/// belongs to its thread.
///
/// # Sharing
///
/// Clones share one balance. Give one budget to all layers that add load to the same
/// service.
///
/// # Examples
///
/// ```
/// use resilience::{Name, Ratio, budget::{RetryBudget, TokenBudget}, retry::{Config, RetryLayer}};
///
/// const USERS: Name = Name::from_static("users-api");
/// let config = TokenBudget::builder().min_per_sec(5).ratio(Ratio::percent(10)).build()?;
/// let budget = RetryBudget::token(USERS, config);
/// assert_eq!(budget.balance(tokio::time::Instant::now()), 50);
///
/// let reads = RetryLayer::new(USERS, Config::default()).budget(budget.clone());
/// let writes = RetryLayer::new(USERS, Config::default()).budget(budget);
/// # Ok::<(), resilience::ConfigErrors>(())
/// ```
#[derive(Clone, Debug)]
pub struct RetryBudget {
    pub(super) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    name: Name,
    pub(super) origin: Instant,
    slot_nanos: u64,
    deposit_units: u64,
    reserve_units: u64,
    deposits: Stripes<Deposits>,
    spent: AtomicU64,
}

impl RetryBudget {
    /// A budget with its reserve full.
    #[must_use]
    pub fn token(name: Name, config: TokenBudget) -> Self {
        let ttl_nanos = u64::try_from(config.ttl.as_nanos()).unwrap_or(u64::MAX);
        let reserve = u128::from(config.min_per_sec) * u128::from(TOKEN) * config.ttl.as_nanos()
            / (u128::from(SLOTS) * 1_000_000_000);
        let shared = Arc::new(Shared {
            name,
            origin: time::read(),
            slot_nanos: ttl_nanos / SLOTS,
            deposit_units: units(config.ratio.as_f64()),
            reserve_units: u64::try_from(reserve).unwrap_or(u64::MAX),
            deposits: Stripes::new(Deposits::default()),
            spent: AtomicU64::new(0),
        });
        let weak: std::sync::Weak<dyn Instance> = Arc::downgrade(&shared) as _;
        registry::register(weak);
        Self { shared }
    }

    /// The name under which the balance is published.
    pub fn name(&self) -> Name {
        self.shared.name
    }

    /// Deposits for one first attempt made at `now`.
    pub(crate) fn deposit(&self, now: Instant) {
        let shared = &*self.shared;
        let slot = shared.slot(now);
        if !shared.deposits.mine().add(shared.deposit_units, slot) {
            shared.deposits.widen(Deposits::default);
        }
    }

    /// Takes one token for a retry at `now`; `false` when there is none.
    #[must_use = "a retry without a token is what the budget is there to stop"]
    pub(crate) fn withdraw(&self, now: Instant) -> bool {
        let (deposited, expired) = self.shared.sums(now);
        let step = self.shared.spent.fetch_update(Ordering::AcqRel, Ordering::Acquire, |spent| {
            // What expired unspent is gone: it counts as spent before anything newer.
            let next = spent.max(expired) + TOKEN;
            (next <= deposited).then_some(next)
        });
        step.is_ok()
    }

    /// The whole tokens that are left at `now`.
    pub fn balance(&self, now: Instant) -> u64 {
        self.shared.balance(now)
    }
}

impl Shared {
    /// The number of the slot, counted so that a full life of slots lies before the first.
    fn slot(&self, now: Instant) -> u64 {
        nanos_since(self.origin, now) / self.slot_nanos + SLOTS
    }

    /// All units deposited up to `now`, and those among them whose slot has left.
    fn sums(&self, now: Instant) -> (u64, u64) {
        let slot = self.slot(now);
        let oldest = slot + 1 - SLOTS;
        // The reserve is deposited at the start of each slot, this one included.
        let mut deposited = self.reserve_units.saturating_mul(slot);
        let mut expired = self.reserve_units.saturating_mul(oldest - 1);
        for stripe in self.deposits.iter() {
            // In this order a deposit in between can only make the balance smaller.
            deposited += stripe.sum();
            expired += stripe.sum_before(oldest);
        }
        (deposited, expired)
    }

    fn balance(&self, now: Instant) -> u64 {
        let (deposited, expired) = self.sums(now);
        let spent = self.spent.load(Ordering::Acquire).max(expired);
        deposited.saturating_sub(spent) / TOKEN
    }
}

impl Instance for Shared {
    fn gauges(&self, now: Instant, show: &mut dyn FnMut(Gauge)) {
        #[expect(clippy::cast_precision_loss, reason = "a balance stays far below 2^52")]
        let value = self.balance(now) as f64;
        show(Gauge {
            metric: "resilience_retry_budget_tokens",
            help: "Whole tokens left in the retry budget.",
            name: self.name,
            label: None,
            value,
        });
    }
}

/// `ratio` tokens in units, rounded up so that a third deposited three times is a token.
fn units(ratio: f64) -> u64 {
    #[expect(clippy::cast_precision_loss, reason = "one million is exact")]
    let exact = ratio * TOKEN as f64;
    // A decimal ratio such as 0.3 must not become one unit more by its binary rounding.
    let nearest = exact.round();
    let whole = if (exact - nearest).abs() < 1e-6 { nearest } else { exact.ceil() };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 10^9")]
    let units = whole as u64;
    units
}
