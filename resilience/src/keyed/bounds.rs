use std::time::Duration;

use crate::config::Check;

/// How many keys there may be, and for how long they stay unused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) max_keys: usize,
    pub(crate) idle_for: Duration,
}

impl Bounds {
    /// Notes what is out of its range.
    pub(crate) fn check(self, check: &mut Check) {
        check.range("max_keys", self.max_keys, 1..=1_000_000);
        let (least, most) = (Duration::from_secs(1), Duration::from_hours(24));
        check.duration("idle_for", self.idle_for, least..=most);
    }
}
