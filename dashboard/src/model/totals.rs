//! What was counted of some calls.

use super::Histogram;

/// What was counted of some calls, since a process started or within a time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Totals {
    /// All calls that ended.
    pub calls: u64,
    /// Those that failed, refused ones included.
    pub failed: u64,
    /// Attempts that were made again; a service counts them for all it calls.
    pub retried: u64,
    /// Those that a protection refused at once.
    pub refused: u64,
    /// How long the calls took.
    pub times: Histogram,
}

impl Totals {
    /// What was counted since `before`.
    ///
    /// A count that fell means that the process began anew: all of this was counted since.
    pub fn since(&self, before: &Self) -> Self {
        self.grown(before).unwrap_or_else(|| self.clone())
    }

    fn grown(&self, before: &Self) -> Option<Self> {
        Some(Self {
            calls: self.calls.checked_sub(before.calls)?,
            failed: self.failed.checked_sub(before.failed)?,
            retried: self.retried.checked_sub(before.retried)?,
            refused: self.refused.checked_sub(before.refused)?,
            times: self.times.since(&before.times)?,
        })
    }

    /// Adds what `other` counted.
    pub fn merge(&mut self, other: &Self) {
        self.calls += other.calls;
        self.failed += other.failed;
        self.retried += other.retried;
        self.refused += other.refused;
        self.times.merge(&other.times);
    }
}

#[cfg(test)]
mod tests {
    use super::Totals;

    fn counted(calls: u64, failed: u64) -> Totals {
        Totals { calls, failed, ..Totals::default() }
    }

    #[test]
    fn the_difference_of_two_polls_is_what_happened_between() {
        assert_eq!(counted(12, 3).since(&counted(10, 3)), counted(2, 0));
    }

    #[test]
    fn a_count_that_fell_starts_anew() {
        assert_eq!(counted(4, 3).since(&counted(10, 3)), counted(4, 3));
        assert_eq!(counted(12, 1).since(&counted(10, 3)), counted(12, 1), "any count will do");
    }
}
