use std::time::Duration;

use tokio::time::Instant;

use super::{
    config::Config,
    course::Course,
    policy::{Attempt, Wait},
};
use crate::{deadline_value::Deadline, event::GaveUp};

/// The attempts of one call, for code that retries without Tower.
///
/// It is what the layer decides by: whether another attempt follows, and after which wait. It
/// reads no clock, sleeps for nobody and knows no budget: a budget is asked last, because a
/// retry that is not made must not be paid for.
///
/// # Examples
///
/// ```
/// use resilience::retry::{Attempts, Config, Wait};
/// use tokio::time::{Instant, sleep};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let config = Config::default();
/// let mut attempts = Attempts::new(&config, Instant::now());
/// let answer = loop {
///     let answer = connect(attempts.made().number.get()).await;
///     if answer.is_ok() {
///         break answer;
///     }
///     match attempts.next(Wait::Backoff, Instant::now(), fastrand::f64) {
///         Ok(wait) => sleep(wait).await,
///         Err(_gave_up) => break answer,
///     }
/// };
/// assert_eq!(answer, Ok("connected"));
/// # }
/// #
/// # async fn connect(attempt: u32) -> Result<&'static str, &'static str> {
/// #     if attempt < 3 { Err("refused") } else { Ok("connected") }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Attempts {
    config: Config,
    course: Course,
}

impl Attempts {
    /// The first attempt of a call that begins at `now`. It keeps a clone of the settings, which
    /// allocates nothing.
    #[must_use]
    pub fn new(config: &Config, now: Instant) -> Self {
        let course = Course::new(config.max_attempts, None, Some(now));
        Self { config: config.clone(), course }
    }

    /// The same for a call that is given up at `deadline`: no wait begins that would not end
    /// before it. Default: none.
    #[must_use]
    pub fn deadline(self, deadline: Deadline) -> Self {
        Self { course: self.course.with_deadline(deadline), ..self }
    }

    /// The attempt that runs, as a [`Policy`](super::Policy) is told of it.
    pub const fn made(&self) -> Attempt {
        self.course.made()
    }

    /// Whether no other may follow it.
    pub const fn is_last(&self) -> bool {
        self.course.is_last()
    }

    /// The wait before another attempt, which is the one that runs from then on; the last one
    /// has come to a result at `now` that is worth it. `random` is that of
    /// [`Backoff::delay`](super::Backoff::delay), and is asked only where the backoff varies.
    ///
    /// # Errors
    ///
    /// Why there is no other: the attempts, the time or the patience with the service are used
    /// up. Nothing changes then.
    pub fn next(
        &mut self,
        wait: Wait,
        now: Instant,
        random: impl FnOnce() -> f64,
    ) -> Result<Duration, GaveUp> {
        self.course.goes_on(&self.config, || now)?;
        let delay = self.course.wait(&self.config, wait, random, || now)?;
        self.course.advance(delay);
        Ok(delay)
    }
}
