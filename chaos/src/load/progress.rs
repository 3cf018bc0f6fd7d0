use std::sync::atomic::{AtomicU64, Ordering};

/// Running counts of a group's calls, for showing progress while the load runs.
#[derive(Debug, Default)]
pub struct Tally {
    ok: AtomicU64,
    other: AtomicU64,
}

impl Tally {
    /// Counts a call that ended.
    pub(super) fn count(&self, acknowledged: bool) {
        let counter = if acknowledged { &self.ok } else { &self.other };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Calls acknowledged so far.
    pub fn acknowledged(&self) -> u64 {
        self.ok.load(Ordering::Relaxed)
    }

    /// Calls that ended otherwise so far.
    pub fn other(&self) -> u64 {
        self.other.load(Ordering::Relaxed)
    }
}
