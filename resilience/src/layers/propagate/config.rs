use std::time::Duration;

use crate::config::{Check, ConfigErrors};

// The way there and back within a region takes a few milliseconds, and the timers at both ends tick
// once in one. With nothing off, as gRPC itself sends it, an answer at the last moment is still
// under way when its caller gives up.
const MARGIN: Duration = Duration::from_millis(10);
const MARGIN_AT_MOST: Duration = Duration::from_mins(1);

/// The settings of a propagate layer.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use resilience::propagate::Config;
///
/// let config = Config::builder().margin(Duration::from_millis(40)).build()?;
/// assert_eq!(config.margin(), Duration::from_millis(40));
///
/// let error = Config::builder().margin(Duration::from_hours(1)).build().unwrap_err();
/// assert_eq!(error.to_string(), "margin is 1h, but must be 0ns to 1min");
/// # Ok::<(), resilience::ConfigErrors>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    pub(super) margin: Duration,
}

impl Config {
    /// Starts from the defaults.
    pub const fn builder() -> ConfigBuilder {
        ConfigBuilder { config: Self { margin: MARGIN } }
    }

    /// What is taken off the time that is left.
    pub const fn margin(&self) -> Duration {
        self.margin
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::builder().config
    }
}

/// Builds a [`Config`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct ConfigBuilder {
    config: Config,
}

impl ConfigBuilder {
    /// Sets what is taken off the time that is left, for the way to the service and back.
    ///
    /// Choose the slowest round trip that is not a failure. Much shorter, and answers come when
    /// their caller has just given up; much longer, and the service gives up what it could have
    /// done, and requests with no more left than the margin are not sent at all.
    ///
    /// Range: 0 to 1 min. Default: 10 ms.
    pub const fn margin(mut self, margin: Duration) -> Self {
        self.config.margin = margin;
        self
    }

    /// The settings, if all are in range.
    ///
    /// # Errors
    ///
    /// Names each setting that is not.
    pub fn build(self) -> Result<Config, ConfigErrors> {
        let mut check = Check::default();
        check.duration("margin", self.config.margin, Duration::ZERO..=MARGIN_AT_MOST);
        check.finish(self.config)
    }
}
