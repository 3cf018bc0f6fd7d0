use std::time::Duration;

use super::each::EachBudget;
use crate::{
    budget::{CostBudget, ShareBudget, TokenBudget},
    config::{Check, ConfigErrors},
    keyed::Bounds,
};

// Eight megabytes of budgets where one thread calls, and more hosts than most clients ever talk to.
const MAX_KEYS: usize = 10_000;
// Much longer than the tokens of most budgets live.
const IDLE_FOR: Duration = Duration::from_mins(5);

/// The settings of a keyed retry budget: those of each budget, and how many there may be.
///
/// Where they are asked for, the settings of a budget will do.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use resilience::budget::{TokenBudget, keyed::Config};
///
/// let tokens = TokenBudget::builder().min_per_sec(1).build()?;
/// let config = Config::builder(tokens).max_keys(500).idle_for(Duration::from_mins(1)).build()?;
/// assert_eq!(config.max_keys(), 500);
///
/// let errors = Config::builder(tokens).max_keys(0).build().unwrap_err();
/// assert_eq!(errors.to_string(), "max_keys is 0, but must be 1 to 1000000");
/// # Ok::<(), resilience::ConfigErrors>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    pub(super) each: EachBudget,
    pub(super) bounds: Bounds,
}

/// Builds a [`Config`].
#[derive(Clone, Copy, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct ConfigBuilder {
    config: Config,
}

impl Config {
    /// Starts from the defaults, and from the settings that each budget has.
    pub fn builder(each: impl Into<EachBudget>) -> ConfigBuilder {
        let bounds = Bounds { max_keys: MAX_KEYS, idle_for: IDLE_FOR };
        ConfigBuilder { config: Self { each: each.into(), bounds } }
    }

    /// The settings of each budget.
    pub const fn each(&self) -> EachBudget {
        self.each
    }

    /// The most keys with a budget of their own.
    pub const fn max_keys(&self) -> usize {
        self.bounds.max_keys
    }

    /// How long a key that is not used stays.
    pub const fn idle_for(&self) -> Duration {
        self.bounds.idle_for
    }
}

impl From<EachBudget> for Config {
    fn from(each: EachBudget) -> Self {
        Self::builder(each).config
    }
}

impl From<TokenBudget> for Config {
    fn from(each: TokenBudget) -> Self {
        Self::builder(each).config
    }
}

impl From<ShareBudget> for Config {
    fn from(each: ShareBudget) -> Self {
        Self::builder(each).config
    }
}

impl From<CostBudget> for Config {
    fn from(each: CostBudget) -> Self {
        Self::builder(each).config
    }
}

impl ConfigBuilder {
    /// Sets how many keys may have a budget of their own at a time.
    ///
    /// Choose it above the number of hosts, routes or tenants that are in use at once: those
    /// beyond share one budget when nobody can leave. The reserve of a budget times this number is
    /// what whoever makes up keys can have.
    ///
    /// Nothing is taken beforehand. A key that one thread calls with takes 0.8 KB. A second thread
    /// adds 2 KB, and 64 B for each core of the machine up to 32; each further one 0.9 KB, and the
    /// threads beyond twice the cores, or beyond 64, nothing. It stays for as long as the key
    /// does. Measured with up to six threads on two cores; for 10,000 keys that 16 threads call
    /// with, on 16 cores, it comes to 160 MB by calculation: lower this number where that is too much.
    ///
    /// Range: 1 to 1,000,000. Default: 10,000.
    pub const fn max_keys(mut self, keys: usize) -> Self {
        self.config.bounds.max_keys = keys;
        self
    }

    /// Sets for how long a key must not be used to leave though there is room.
    ///
    /// Calls do not read the clock for it: the time counts from the first [look](super#bounds) at
    /// the key after its last use. For a budget by cost choose it longer than an outage, since one
    /// that leaves comes back full.
    ///
    /// Range: 1 s to 24 h. Default: 5 min.
    pub const fn idle_for(mut self, time: Duration) -> Self {
        self.config.bounds.idle_for = time;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// Every setting that is out of its range.
    pub fn build(self) -> Result<Config, ConfigErrors> {
        let mut check = Check::default();
        self.config.bounds.check(&mut check);
        check.finish(self.config)
    }
}
