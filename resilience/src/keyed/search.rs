use std::time::Duration;

use crate::time::nanos;

/// The keys that one new key has looked at when it needs a place; fewer where they are so few that
/// the hand gets round twice.
const STEPS: usize = 64;
/// How long nobody looks where all was looked at in vain. What frees a place, the end of a call or
/// of a wait, seldom comes sooner, and 64 keys in each millisecond are some thousandths of a core.
const PAUSE: Duration = Duration::from_millis(1);

/// The search of all new keys for a place.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// The keys looked at since one was found that could leave.
    in_vain: usize,
    /// In nanoseconds. Nobody looks before.
    resumes: u64,
}

impl Search {
    /// How many of the `keys` a new one may have looked at `now`; none for a while after all were,
    /// in vain.
    pub(super) fn steps(&self, keys: usize, now: u64) -> usize {
        if now < self.resumes { 0 } else { STEPS.min(2 * keys) }
    }

    /// Notes that none of `steps` of the `keys` could leave.
    pub(super) fn failed(&mut self, steps: usize, keys: usize, now: u64) {
        self.in_vain = self.in_vain.saturating_add(steps);
        // The first time round takes the marks of use, and the second finds who has none.
        if self.in_vain >= 2 * keys {
            self.resumes = now.saturating_add(nanos(PAUSE));
        }
    }

    /// Notes that there is a place.
    pub(super) fn succeeded(&mut self) {
        *self = Self::default();
    }
}
