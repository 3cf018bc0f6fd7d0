/// The results in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All results.
    pub total: u64,
    /// The failures among them.
    pub failed: u64,
    /// The slow ones among them, failed or not; 0 unless slow calls are told apart.
    pub slow: u64,
}

impl Counts {
    /// The results that are no failures.
    pub const fn succeeded(&self) -> u64 {
        self.total - self.failed
    }

    /// The share of failures, 0 to 1; `None` without a result.
    pub fn failure_rate(&self) -> Option<f64> {
        self.share(self.failed)
    }

    /// The share of results that are no failures, 0 to 1; `None` without a result.
    pub fn success_rate(&self) -> Option<f64> {
        self.share(self.succeeded())
    }

    /// The share of slow results, 0 to 1; `None` without a result.
    pub fn slow_call_rate(&self) -> Option<f64> {
        self.share(self.slow)
    }

    fn share(&self, part: u64) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "counts of calls stay far below 2^52")]
        let share = part as f64 / self.total as f64;
        (self.total > 0).then_some(share)
    }
}
