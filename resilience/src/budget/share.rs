use std::sync::Arc;

use tokio::time::Instant;

use super::{
    named::{Balance, Named},
    retry_budget::Kind,
};
use crate::{
    config::{Check, ConfigErrors},
    ratio::Ratio,
    sync::{AtomicU64, Ordering},
};

// As in Failsafe: a fifth of the load may be retries, and three always may.
const MAX_RATIO: Ratio = Ratio::percent(20);
const MIN_CONCURRENCY: u32 = 3;

/// The settings of a budget by the share of retries among the calls in flight.
///
/// It needs no time: where calls become slow, retries become slow with them and hold their
/// places, so that a retry storm ends itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShareBudget {
    max_ratio: Ratio,
    min_concurrency: u32,
}

impl ShareBudget {
    /// Starts from the defaults.
    pub const fn builder() -> ShareBudgetBuilder {
        ShareBudgetBuilder {
            config: Self { max_ratio: MAX_RATIO, min_concurrency: MIN_CONCURRENCY },
        }
    }

    /// The share of retries in flight above which no more are granted.
    pub const fn max_ratio(&self) -> Ratio {
        self.max_ratio
    }

    /// The retries in flight that are granted whatever their share.
    pub const fn min_concurrency(&self) -> u32 {
        self.min_concurrency
    }
}

impl Default for ShareBudget {
    fn default() -> Self {
        Self::builder().config
    }
}

/// Builds a [`ShareBudget`].
#[derive(Clone, Copy, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct ShareBudgetBuilder {
    config: ShareBudget,
}

impl ShareBudgetBuilder {
    /// Sets the share of retries among all calls in flight above which no more are granted.
    ///
    /// Range: 0 to 1. Default: 0.2, as in Failsafe.
    pub const fn max_ratio(mut self, ratio: Ratio) -> Self {
        self.config.max_ratio = ratio;
        self
    }

    /// Sets the retries in flight that are granted whatever their share, so that a service with
    /// little traffic can retry at all.
    ///
    /// Range: 0 to 100,000. Default: 3, as in Failsafe.
    pub const fn min_concurrency(mut self, retries: u32) -> Self {
        self.config.min_concurrency = retries;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] naming every setting that is out of its range.
    pub fn build(self) -> Result<ShareBudget, ConfigErrors> {
        let mut check = Check::default();
        check.range("max_ratio", self.config.max_ratio, Ratio::ZERO..=Ratio::ONE);
        check.range("min_concurrency", self.config.min_concurrency, 0..=100_000);
        check.finish(self.config)
    }
}

/// The calls in flight: all of them in the upper half of a word, the retries among them in the
/// lower. One word, so that a grant and the counts it is judged by are one step.
#[derive(Debug)]
pub(super) struct Share {
    config: ShareBudget,
    in_flight: AtomicU64,
}

const CALL: u64 = 1 << 32;
const RETRY: u64 = CALL | 1;

impl Share {
    pub(super) fn new(config: ShareBudget) -> Self {
        Self { config, in_flight: AtomicU64::new(0) }
    }

    pub(super) const fn config(&self) -> ShareBudget {
        self.config
    }

    pub(super) fn begin(&self) {
        self.in_flight.fetch_add(CALL, Ordering::Relaxed);
    }

    pub(super) fn end(&self) {
        self.in_flight.fetch_sub(CALL, Ordering::Relaxed);
    }

    /// A retry begins, granted or not.
    pub(super) fn begin_retry(&self) {
        self.in_flight.fetch_add(RETRY, Ordering::Relaxed);
    }

    pub(super) fn end_retry(&self) {
        self.in_flight.fetch_sub(RETRY, Ordering::Relaxed);
    }

    /// Lets a retry begin; `false` when too many are in flight.
    pub(super) fn withdraw(&self) -> bool {
        let step = self.in_flight.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |word| {
            self.grants(word).then_some(word + RETRY)
        });
        step.is_ok()
    }

    /// Whether nothing is in flight.
    #[cfg(feature = "keyed")]
    pub(super) fn is_at_rest(&self) -> bool {
        self.in_flight.load(Ordering::Relaxed) == 0
    }

    /// Whether a retry could begin.
    #[cfg(feature = "keyed")]
    pub(super) fn would_grant(&self) -> bool {
        self.grants(self.in_flight.load(Ordering::Relaxed))
    }

    fn grants(&self, word: u64) -> bool {
        let (all, retries) = (word >> 32, word & (CALL - 1));
        #[expect(clippy::cast_precision_loss, reason = "halves of a word are exact")]
        let share = retries as f64 / all as f64;
        // A quotient and not a product: 29 of 100 are 29 %, but 0.29 times 100 is less than 29.
        // None of none are no share, and not above any.
        let is_above = share > self.config.max_ratio.as_f64();
        retries < u64::from(self.config.min_concurrency) || !is_above
    }
}

impl Balance for Share {
    fn kind(named: Arc<Named<Self>>) -> Kind {
        Kind::Share(named)
    }

    /// The retries that could begin at once if none ended.
    fn balance(&self, _: Instant) -> u64 {
        if self.config.max_ratio >= Ratio::ONE {
            return u64::from(u32::MAX);
        }
        let word = self.in_flight.load(Ordering::Relaxed);
        // Each grant raises the share, so that all that are refused come behind all that are
        // granted: their border is found by halves, with the very sums that a grant goes by.
        let (mut granted, mut refused) = (0, MOST_SHOWN);
        while granted < refused {
            let middle = granted.midpoint(refused);
            if self.grants(word + middle * RETRY) {
                granted = middle + 1;
            } else {
                refused = middle;
            }
        }
        granted
    }
}

/// Where a balance stops counting: a gauge need not tell more.
const MOST_SHOWN: u64 = 100_000;
