use std::{sync::Arc, time::Duration};

use super::super::config::Config as BreakerConfig;
use crate::{
    config::{Check, ConfigErrors},
    keyed::Bounds,
};

// Twelve megabytes of breakers where one thread calls, and more hosts than most clients ever talk to.
const MAX_KEYS: usize = 10_000;
// Ten times the window of a breaker: one that is closed has long forgotten every result.
const IDLE_FOR: Duration = Duration::from_mins(5);

/// The settings of a keyed circuit breaker: those of each breaker, and how many there may be.
///
/// Where they are asked for, the settings of a [breaker](super::super::Config) will do.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use resilience::circuit_breaker::{self, keyed::Config};
///
/// let breaker = circuit_breaker::Config::builder().consecutive_failures(5).build()?;
/// let config = Config::builder(breaker).max_keys(500).idle_for(Duration::from_mins(1)).build()?;
/// assert_eq!(config.max_keys(), 500);
///
/// let errors = Config::builder(config.breaker().clone()).max_keys(0).build().unwrap_err();
/// assert_eq!(errors.to_string(), "max_keys is 0, but must be 1 to 1000000");
/// # Ok::<(), resilience::ConfigErrors>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub(super) breaker: Arc<BreakerConfig>,
    pub(super) bounds: Bounds,
}

/// Builds a [`Config`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct ConfigBuilder {
    config: Config,
}

impl Config {
    /// Starts from the defaults, and from the settings that each breaker has.
    pub fn builder(breaker: impl Into<Arc<BreakerConfig>>) -> ConfigBuilder {
        let breaker = breaker.into();
        let bounds = Bounds { max_keys: MAX_KEYS, idle_for: IDLE_FOR };
        ConfigBuilder { config: Self { breaker, bounds } }
    }

    /// The settings of each breaker.
    pub fn breaker(&self) -> &BreakerConfig {
        &self.breaker
    }

    /// The most keys with a breaker of their own.
    pub const fn max_keys(&self) -> usize {
        self.bounds.max_keys
    }

    /// How long a key that is not used stays.
    pub const fn idle_for(&self) -> Duration {
        self.bounds.idle_for
    }
}

impl Default for Config {
    fn default() -> Self {
        BreakerConfig::default().into()
    }
}

impl From<BreakerConfig> for Config {
    fn from(breaker: BreakerConfig) -> Self {
        Self::builder(breaker).config
    }
}

impl From<Arc<BreakerConfig>> for Config {
    fn from(breaker: Arc<BreakerConfig>) -> Self {
        Self::builder(breaker).config
    }
}

impl ConfigBuilder {
    /// Sets how many keys may have a breaker of their own at a time.
    ///
    /// Choose it above the number of hosts, routes or tenants that are in use at once: those
    /// beyond share one breaker when nobody can leave.
    ///
    /// Nothing is taken beforehand. With the default window, a key that one thread calls with takes
    /// 1.2 KB. A second thread adds 2 KB, and 64 B for each core of the machine up to 32; each
    /// further one 0.9 KB, and the threads beyond twice the cores, or beyond 64, nothing. It stays
    /// for as long as the key does. Measured with up to six threads on two cores; for 10,000 keys
    /// that 16 threads call with, on 16 cores, it comes to 165 MB by calculation: lower this
    /// number where that is too much.
    ///
    /// Range: 1 to 1,000,000. Default: 10,000.
    pub const fn max_keys(mut self, keys: usize) -> Self {
        self.config.bounds.max_keys = keys;
        self
    }

    /// Sets for how long a key must not be used to leave though there is room.
    ///
    /// Choose it above the span of the breaker's window: before that, a closed breaker still
    /// knows something. Calls do not read the clock for it: the time counts from the first
    /// [look](super#bounds) at the key after its last use.
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
