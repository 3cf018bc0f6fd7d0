use std::time::Duration;

use crate::{
    config::{Check, ConfigErrors},
    ratio::Ratio,
};

// Finagle's numbers, which Linkerd and Tower use as well.
const TTL: Duration = Duration::from_secs(10);
const MIN_PER_SEC: u32 = 10;
const RATIO: Ratio = Ratio::percent(20);

/// The settings of a [`RetryBudget`](super::RetryBudget).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TokenBudget {
    pub(super) ttl: Duration,
    pub(super) min_per_sec: u32,
    pub(super) ratio: Ratio,
}

impl TokenBudget {
    /// Starts from the defaults.
    pub const fn builder() -> TokenBudgetBuilder {
        TokenBudgetBuilder { config: Self { ttl: TTL, min_per_sec: MIN_PER_SEC, ratio: RATIO } }
    }

    /// Starts from these settings.
    pub const fn to_builder(&self) -> TokenBudgetBuilder {
        TokenBudgetBuilder { config: *self }
    }

    /// How long a deposit lives.
    pub const fn ttl(&self) -> Duration {
        self.ttl
    }

    /// The tokens per second that are there without any deposit.
    pub const fn min_per_sec(&self) -> u32 {
        self.min_per_sec
    }

    /// The tokens that one first attempt deposits.
    pub const fn ratio(&self) -> Ratio {
        self.ratio
    }
}

impl Default for TokenBudget {
    fn default() -> Self {
        Self::builder().config
    }
}

/// Builds a [`TokenBudget`].
#[derive(Clone, Copy, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct TokenBudgetBuilder {
    config: TokenBudget,
}

impl TokenBudgetBuilder {
    /// Sets how long a deposit can pay for a retry.
    ///
    /// Choose it longer than a burst of failures and shorter than an outage. A deposit
    /// belongs to the tenth of this time in which it was made and leaves with it, so it
    /// lives between nine tenths and all of it.
    ///
    /// Range: 1 s to 10 min. Default: 10 s, as in Finagle.
    pub const fn ttl(mut self, ttl: Duration) -> Self {
        self.config.ttl = ttl;
        self
    }

    /// Sets the tokens that every second brings by itself.
    ///
    /// It lets a service with little traffic retry at all. The reserve gathers for at most
    /// one [`ttl`](Self::ttl), and a fresh budget begins with a full one.
    ///
    /// Range: 0 to 100,000. Default: 10, as in Finagle.
    pub const fn min_per_sec(mut self, tokens: u32) -> Self {
        self.config.min_per_sec = tokens;
        self
    }

    /// Sets the tokens that each first attempt deposits: the retries added per call.
    ///
    /// 0.2 lets retries add 20 % to the traffic. The ratio is exact to one millionth.
    ///
    /// Range: 0 to 10. Default: 0.2, as in Finagle.
    pub const fn ratio(mut self, ratio: Ratio) -> Self {
        self.config.ratio = ratio;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] naming every setting that is out of its range.
    pub fn build(self) -> Result<TokenBudget, ConfigErrors> {
        let mut check = Check::default();
        check.duration("ttl", self.config.ttl, Duration::from_secs(1)..=Duration::from_mins(10));
        let most = Ratio::percent(1_000);
        check.range("ratio", self.config.ratio, Ratio::ZERO..=most);
        check.range("min_per_sec", self.config.min_per_sec, 0..=100_000);
        check.finish(self.config)
    }
}
