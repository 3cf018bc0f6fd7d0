use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use crate::{event::ChangeReason, ratio::Ratio};

/// An open wait that does not end.
pub(super) const UNTIL_RESET: Duration = Duration::MAX;

/// The shortest open wait. Probes may take as long as the wait before them: none could
/// succeed after no wait at all.
pub(super) const LEAST: Duration = Duration::from_millis(1);

/// What is known of a breaker when it opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Opening {
    /// Why it opens.
    pub reason: ChangeReason,
    /// How often it has gone from half-open to open since it was closed.
    pub failed_recoveries: u32,
    /// How long the result that opened it asked to wait.
    pub retry_after: Option<Duration>,
}

/// How long a breaker stays open.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct OpenWait {
    pub(super) first: Duration,
    pub(super) growth: f64,
    pub(super) at_most: Option<Duration>,
    pub(super) jitter: Ratio,
    /// Up to how long `Retry-After` is followed.
    pub(super) retry_after_at_most: Option<Duration>,
    pub(super) function: Option<Function>,
}

impl OpenWait {
    /// The longest wait.
    pub(super) fn longest(&self, default: Duration) -> Duration {
        // A first wait beyond the default cap is a wait that does not grow.
        self.at_most.unwrap_or(default.max(self.first))
    }

    /// The wait to come, and what it was before jitter; `random` gives 0 up to 1.
    pub(super) fn of(
        &self,
        opening: &Opening,
        longest: Duration,
        random: impl FnOnce() -> f64,
    ) -> (Duration, Duration) {
        if let Some(wait) = self.function.as_ref().and_then(|function| function.ask(opening)) {
            let wait = wait.max(LEAST);
            return (wait, wait);
        }
        if self.first == UNTIL_RESET {
            return (UNTIL_RESET, UNTIL_RESET);
        }
        let base = self.grown(opening.failed_recoveries, longest);
        let wait = self.varied(base, longest, random);
        // Asked for by the service itself: no jitter may make it come back earlier.
        let asked = self.retry_after_at_most.zip(opening.retry_after);
        match asked.map(|(cap, asked)| asked.min(cap)).filter(|asked| *asked > wait) {
            Some(asked) => (asked, asked),
            None => (wait, base),
        }
    }

    fn grown(&self, failed_recoveries: u32, longest: Duration) -> Duration {
        if failed_recoveries == 0 {
            return self.first;
        }
        let growth = self.growth.powi(i32::try_from(failed_recoveries).unwrap_or(i32::MAX));
        // Compared as a float: growth soon passes what a duration can hold.
        let seconds = self.first.as_secs_f64() * growth;
        if seconds < longest.as_secs_f64() {
            Duration::try_from_secs_f64(seconds).unwrap_or(longest)
        } else {
            longest
        }
    }

    fn varied(&self, base: Duration, longest: Duration, random: impl FnOnce() -> f64) -> Duration {
        let share = self.jitter.as_f64();
        if share == 0.0 {
            return base;
        }
        // The cap is a promise that jitter must not break, and cutting at the cap would send
        // half of a fleet back in step: so the middle is lowered until all of it fits.
        let middle = base.as_secs_f64().min(longest.as_secs_f64() / (1.0 + share));
        let factor = share.mul_add(2.0f64.mul_add(random(), -1.0), 1.0);
        Duration::try_from_secs_f64(middle * factor).unwrap_or(longest)
    }
}

/// A function of the user that says how long to wait.
#[derive(Clone)]
pub(super) struct Function(Arc<Ask>);

type Ask = dyn Fn(&Opening) -> Option<Duration> + Send + Sync;

impl Function {
    pub(super) fn new(
        function: impl Fn(&Opening) -> Option<Duration> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(function))
    }

    /// Its answer; a panic is none, because a breaker must open all the same.
    fn ask(&self, opening: &Opening) -> Option<Duration> {
        catch_unwind(AssertUnwindSafe(|| (self.0)(opening))).unwrap_or_else(|_| {
            tracing::error!(target: "resilience", "the function for the open wait panicked");
            None
        })
    }
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Function(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Function, OpenWait, Opening};
    use crate::{event::ChangeReason, ratio::Ratio};

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_wait_that_is_asked_for_counts_in_the_place_of_a_shorter_one_alone() {
        let wait = OpenWait {
            first: SECOND * 4,
            growth: 2.0,
            at_most: None,
            jitter: Ratio::percent(50),
            retry_after_at_most: Some(SECOND * 10),
            function: None,
        };
        // The least that jitter makes of four seconds is two.
        for (asked, expected) in [(1, (2, 4)), (2, (2, 4)), (3, (3, 3)), (11, (10, 10))] {
            let retry_after = Some(SECOND * asked);
            let reason = ChangeReason::FailureRate;
            let opening = Opening { reason, failed_recoveries: 0, retry_after };
            let told = wait.of(&opening, SECOND * 60, || 0.0);
            assert_eq!(told, (SECOND * expected.0, SECOND * expected.1), "{asked} s");
        }
    }

    #[test]
    fn a_function_equals_itself_and_no_other_and_shows_what_it_is() {
        let [one, other] = [(); 2].map(|()| Function::new(|_| None));
        assert_eq!(one, one.clone());
        assert_ne!(one, other);
        assert_eq!(format!("{one:?}"), "Function(..)");
    }
}
