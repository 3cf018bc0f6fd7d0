use std::sync::Arc;

use tokio::time::Instant;

use super::{
    Cause,
    named::{Balance, Named},
    retry_budget::Kind,
};
use crate::{
    config::{Check, ConfigErrors},
    sync::{AtomicU32, Ordering},
};

// The numbers of the standard retry mode of AWS's clients.
const CAPACITY: u32 = 500;
const RETRY_COST: u32 = 5;
const TIMEOUT_COST: u32 = 10;
const SUCCESS_REFUND: u32 = 1;

/// The settings of a budget in which a retry costs tokens and success brings them back.
///
/// The standard retry mode of AWS's clients: a retry that succeeds returns what it cost, a first
/// attempt that succeeds returns a little, so that an outage empties the budget and only a
/// recovery fills it. It needs no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CostBudget {
    capacity: u32,
    retry_cost: u32,
    timeout_cost: u32,
    success_refund: u32,
}

impl CostBudget {
    /// Starts from the defaults.
    pub const fn builder() -> CostBudgetBuilder {
        CostBudgetBuilder {
            config: Self {
                capacity: CAPACITY,
                retry_cost: RETRY_COST,
                timeout_cost: TIMEOUT_COST,
                success_refund: SUCCESS_REFUND,
            },
        }
    }

    /// The most tokens there can be, and those of a fresh budget.
    pub const fn capacity(&self) -> u32 {
        self.capacity
    }

    /// What a retry after a failure costs.
    pub const fn retry_cost(&self) -> u32 {
        self.retry_cost
    }

    /// What a retry after a timeout costs.
    pub const fn timeout_cost(&self) -> u32 {
        self.timeout_cost
    }

    /// What a first attempt that succeeds brings.
    pub const fn success_refund(&self) -> u32 {
        self.success_refund
    }

    const fn cost(&self, cause: Cause) -> u32 {
        match cause {
            Cause::Failure => self.retry_cost,
            Cause::Timeout => self.timeout_cost,
        }
    }
}

impl Default for CostBudget {
    fn default() -> Self {
        Self::builder().config
    }
}

/// Builds a [`CostBudget`].
#[derive(Clone, Copy, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct CostBudgetBuilder {
    config: CostBudget,
}

impl CostBudgetBuilder {
    /// Sets the most tokens there can be; a fresh budget is full.
    ///
    /// Range: 1 to 1,000,000. Default: 500, as in AWS's clients.
    pub const fn capacity(mut self, tokens: u32) -> Self {
        self.config.capacity = tokens;
        self
    }

    /// Sets what a retry after a failure costs.
    ///
    /// Range: 1 to 1,000,000. Default: 5, as in AWS's clients.
    pub const fn retry_cost(mut self, tokens: u32) -> Self {
        self.config.retry_cost = tokens;
        self
    }

    /// Sets what a retry after a timeout costs: more, because the service may still be at work.
    ///
    /// Range: 1 to 1,000,000. Default: 10, as in AWS's clients.
    pub const fn timeout_cost(mut self, tokens: u32) -> Self {
        self.config.timeout_cost = tokens;
        self
    }

    /// Sets what a first attempt that succeeds brings; what is a success, the retry policy
    /// [says](crate::retry::Policy::is_success).
    ///
    /// Range: 0 to 1,000,000. Default: 1, as in AWS's clients.
    pub const fn success_refund(mut self, tokens: u32) -> Self {
        self.config.success_refund = tokens;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] naming every setting that is out of its range.
    pub fn build(self) -> Result<CostBudget, ConfigErrors> {
        let mut check = Check::default();
        let CostBudget { capacity, retry_cost, timeout_cost, success_refund } = self.config;
        check.range("capacity", capacity, 1..=1_000_000);
        check.range("retry_cost", retry_cost, 1..=1_000_000);
        check.range("timeout_cost", timeout_cost, 1..=1_000_000);
        check.range("success_refund", success_refund, 0..=1_000_000);
        check.finish(self.config)
    }
}

/// The tokens that are left.
#[derive(Debug)]
pub(super) struct Costs {
    config: CostBudget,
    left: AtomicU32,
}

impl Costs {
    pub(super) fn new(config: CostBudget) -> Self {
        Self { config, left: AtomicU32::new(config.capacity) }
    }

    pub(super) const fn config(&self) -> CostBudget {
        self.config
    }

    /// Pays for a retry; gives what it cost, and `None` when there is too little.
    pub(super) fn withdraw(&self, cause: Cause) -> Option<u32> {
        let cost = self.config.cost(cause);
        let step = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(cost));
        step.is_ok().then_some(cost)
    }

    /// Whether all tokens are there.
    #[cfg(feature = "keyed")]
    pub(super) fn is_full(&self) -> bool {
        self.left.load(Ordering::Relaxed) == self.config.capacity
    }

    /// A first attempt succeeded.
    pub(super) fn first_succeeded(&self) {
        self.refund(self.config.success_refund);
    }

    pub(super) fn refund(&self, tokens: u32) {
        // While nothing fails the budget is full, and a success writes nothing.
        if self.left.load(Ordering::Relaxed) == self.config.capacity {
            return;
        }
        let _ = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            Some(left.saturating_add(tokens).min(self.config.capacity))
        });
    }
}

impl Balance for Costs {
    fn kind(named: Arc<Named<Self>>) -> Kind {
        Kind::Cost(named)
    }

    /// The retries after a failure that could be paid for.
    fn balance(&self, _: Instant) -> u64 {
        u64::from(self.left.load(Ordering::Relaxed) / self.config.retry_cost)
    }
}
