use std::time::Duration;

use super::backoff::Backoff;
use crate::config::{Check, ConfigErrors};

// Three attempts leave 0.1 % of independent failures at 10 %; a fourth would leave 0.01 % and
// cost as much again in an outage.
const MAX_ATTEMPTS: u32 = 3;
const RETRY_AFTER_AT_MOST: Duration = Duration::from_secs(30);
const UNLIMITED: u32 = u32::MAX;

/// The settings of a retry layer.
///
/// # Examples
///
/// ```
/// use resilience::retry::{Backoff, Config};
///
/// let config = Config::builder().max_attempts(2).backoff(Backoff::none()).build()?;
/// assert_eq!(config.max_attempts(), 2);
/// # Ok::<(), resilience::ConfigErrors>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub(super) max_attempts: u32,
    pub(super) backoff: Backoff,
    pub(super) retry_after_at_most: Duration,
    pub(super) max_elapsed: Option<Duration>,
    pub(super) when_not_ready: WhenNotReady,
    pub(super) inside: Inside,
}

/// What becomes of a retry for which the service is not ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WhenNotReady {
    Waits,
    IsGivenUp,
}

/// What retry layers inside do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inside {
    RetryToo,
    StandDown,
}

impl Config {
    /// Starts from the defaults.
    pub fn builder() -> ConfigBuilder {
        ConfigBuilder {
            config: Self {
                max_attempts: MAX_ATTEMPTS,
                backoff: Backoff::default(),
                retry_after_at_most: RETRY_AFTER_AT_MOST,
                max_elapsed: None,
                when_not_ready: WhenNotReady::Waits,
                inside: Inside::RetryToo,
            },
        }
    }

    /// Starts from these settings.
    pub fn to_builder(&self) -> ConfigBuilder {
        ConfigBuilder { config: self.clone() }
    }

    /// The attempts in all; [`u32::MAX`] when they are not limited.
    pub const fn max_attempts(&self) -> u32 {
        self.max_attempts
    }

    /// The waits between attempts.
    pub const fn backoff(&self) -> &Backoff {
        &self.backoff
    }

    /// The longest wait that a service may ask for.
    pub const fn retry_after_at_most(&self) -> Duration {
        self.retry_after_at_most
    }

    /// The time since the beginning of a call within which its retries have to begin.
    pub const fn max_elapsed(&self) -> Option<Duration> {
        self.max_elapsed
    }

    /// Whether a retry is given up when the service is not ready for it.
    pub const fn stops_when_not_ready(&self) -> bool {
        matches!(self.when_not_ready, WhenNotReady::IsGivenUp)
    }

    /// Whether retry layers inside make one attempt each.
    pub const fn stands_down_inside(&self) -> bool {
        matches!(self.inside, Inside::StandDown)
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
    /// Sets the attempts in all, the first call included; 1 means no retry.
    ///
    /// Range: 1 to 100. Default: 3.
    pub const fn max_attempts(mut self, attempts: u32) -> Self {
        self.config.max_attempts = attempts;
        self
    }

    /// Sets no limit to the attempts; the budget and the deadline then have to.
    ///
    /// Attempts that fail at once and follow each other without a wait keep a core busy until
    /// then, though others have their turn between them.
    pub const fn unlimited_attempts(self) -> Self {
        self.max_attempts(UNLIMITED)
    }

    /// Sets the time since the beginning of a call within which its retries have to begin: a call
    /// is given up when the wait before the next attempt would not end before it.
    ///
    /// Unlike a [deadline](crate::deadline) it ends no attempt that runs, nor the waiting for a
    /// service that is not ready when the wait is over.
    ///
    /// Range: 1 ms to 24 h. Default: no limit.
    pub const fn max_elapsed(mut self, time: Duration) -> Self {
        self.config.max_elapsed = Some(time);
        self
    }

    /// Sets the waits between attempts. Default: 50 ms, doubling, to 10 s, full jitter.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.config.backoff = backoff;
        self
    }

    /// Sets the longest wait that a service may ask for, by `Retry-After` or by the pushback of
    /// gRPC; one that asks for more is not asked again by this call.
    ///
    /// Range: 0 to 24 h. Default: 30 s.
    pub const fn retry_after_at_most(mut self, wait: Duration) -> Self {
        self.config.retry_after_at_most = wait;
        self
    }

    /// Gives a retry up when the service is not ready for it once the wait is over.
    ///
    /// The caller then gets the last outcome. Choose it where a service that is not ready has
    /// more work than it can take, as behind a limit of concurrency in a proxy. The outcome of
    /// each attempt is held during the wait after it, with what a response holds, and what the
    /// retry took from the budget is not given back.
    ///
    /// Default: a retry waits until the service is ready, or until a
    /// [deadline](crate::deadline) outside ends the call.
    pub const fn stop_when_not_ready(mut self) -> Self {
        self.config.when_not_ready = WhenNotReady::IsGivenUp;
        self
    }

    /// Tells retry layers inside to make one attempt each.
    ///
    /// Layers that retry multiply: three attempts inside three are nine. Choose it for the layer
    /// that knows most of the request, as a rule the outermost. It reaches layers to which the
    /// request [carries](crate::Carry) it, and costs that insertion for each request. A request
    /// that this layer can send but once is left to them.
    ///
    /// Default: each layer retries by its own settings.
    pub const fn stand_down_inside(mut self) -> Self {
        self.config.inside = Inside::StandDown;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] naming every setting that is out of its range.
    pub fn build(self) -> Result<Config, ConfigErrors> {
        let mut check = Check::default();
        if self.config.max_attempts != UNLIMITED {
            check.range("max_attempts", self.config.max_attempts, 1..=100);
        }
        let wait = self.config.retry_after_at_most;
        check.duration("retry_after_at_most", wait, Duration::ZERO..=Duration::from_hours(24));
        if let Some(time) = self.config.max_elapsed {
            let range = Duration::from_millis(1)..=Duration::from_hours(24);
            check.duration("max_elapsed", time, range);
        }
        check.finish(self.config)
    }
}
