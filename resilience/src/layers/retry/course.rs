//! How far a call has come with its attempts, and whether another follows.

use std::{num::NonZeroU32, time::Duration};

use tokio::time::Instant;

use super::{
    config::Config,
    policy::{Attempt, Wait},
};
use crate::{deadline_value::Deadline, event::GaveUp};

/// Where a call is, without a clock, a budget or a service.
#[derive(Clone, Copy, Debug)]
pub(super) struct Course {
    /// The attempt that runs.
    number: NonZeroU32,
    /// The last wait, which the next one may depend on.
    waited: Option<Duration>,
    max_attempts: u32,
    deadline: Option<Deadline>,
    /// When the call began, where that matters.
    began: Option<Instant>,
}

impl Course {
    /// At the first attempt.
    pub(super) const fn new(
        max_attempts: u32,
        deadline: Option<Deadline>,
        began: Option<Instant>,
    ) -> Self {
        Self { number: NonZeroU32::MIN, waited: None, max_attempts, deadline, began }
    }

    pub(super) const fn with_deadline(self, deadline: Deadline) -> Self {
        Self { deadline: Some(deadline), ..self }
    }

    pub(super) const fn number(&self) -> NonZeroU32 {
        self.number
    }

    pub(super) const fn made(&self) -> Attempt {
        Attempt { number: self.number, deadline: self.deadline }
    }

    /// The wait before the attempt that runs; `None` for the first.
    pub(super) const fn waited(&self) -> Option<Duration> {
        self.waited
    }

    pub(super) const fn is_last(&self) -> bool {
        self.number.get() >= self.max_attempts
    }

    /// Whether another attempt may be made at all.
    pub(super) fn goes_on(
        &self,
        config: &Config,
        now: impl FnOnce() -> Instant,
    ) -> Result<(), GaveUp> {
        if self.is_last() {
            return Err(GaveUp::Attempts);
        }
        self.begins_in_time(config, Duration::ZERO, now)
    }

    /// Whether an attempt after `delay` begins while attempts may.
    fn begins_in_time(
        &self,
        config: &Config,
        delay: Duration,
        now: impl FnOnce() -> Instant,
    ) -> Result<(), GaveUp> {
        let (Some(began), Some(most)) = (self.began, config.max_elapsed) else { return Ok(()) };
        let begins = now().saturating_duration_since(began).saturating_add(delay);
        if begins < most { Ok(()) } else { Err(GaveUp::Elapsed) }
    }

    /// How long to wait before it.
    pub(super) fn wait(
        &self,
        config: &Config,
        wait: Wait,
        random: impl FnOnce() -> f64,
        now: impl Fn() -> Instant,
    ) -> Result<Duration, GaveUp> {
        let backoff = || config.backoff.delay(self.number, self.waited, random);
        let delay = match wait {
            Wait::Backoff => backoff(),
            Wait::AtLeast(asked) | Wait::Asked(asked) if asked > config.retry_after_at_most => {
                return Err(GaveUp::RetryAfter);
            }
            Wait::AtLeast(asked) => backoff().max(asked),
            Wait::Asked(wait) | Wait::Exactly(wait) => wait,
        };
        self.begins_in_time(config, delay, &now)?;
        match self.deadline {
            Some(deadline) if delay >= deadline.remaining(now()) => Err(GaveUp::Deadline),
            _ => Ok(delay),
        }
    }

    /// Another attempt follows after `wait`.
    pub(super) const fn advance(&mut self, wait: Duration) {
        self.number = self.number.saturating_add(1);
        self.waited = Some(wait);
    }
}
