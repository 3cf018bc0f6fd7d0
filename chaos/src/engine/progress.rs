use std::fmt;
use std::time::Duration;

use crate::experiment::PerGroup;

/// A group's calls so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Acknowledged.
    pub acknowledged: u64,
    /// Ended otherwise.
    pub other: u64,
}

/// Told how a run gets on.
pub trait Progress: fmt::Debug + Send + Sync {
    /// Something worth a line happened.
    fn note(&self, line: &str);

    /// Phase `number` of `of` begins, counted from 1.
    fn phase(&self, number: usize, of: usize, name: &str);

    /// So much of the run has passed, with these calls in each group.
    fn tick(&self, passed: Duration, counts: PerGroup<Counts>);
}
