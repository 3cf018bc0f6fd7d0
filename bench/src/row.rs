use serde::Serialize;

/// What one subject of one case came to.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Row {
    pub(crate) case: String,
    #[serde(skip)]
    pub(crate) title: String,
    pub(crate) subject: String,
    /// What ours may take; for threads, what it must reach.
    pub(crate) bound: Option<f64>,
    pub(crate) median_ns: Option<f64>,
    pub(crate) p10: Option<f64>,
    pub(crate) p90: Option<f64>,
    /// The median of the ratios to ours, taken round by round.
    pub(crate) times_ours: Option<f64>,
    pub(crate) instructions: Option<f64>,
    pub(crate) allocations: Option<f64>,
    pub(crate) clock_reads: Option<f64>,
    /// What it adds to the bare subject, the median of the differences taken round by round.
    pub(crate) added_ns: Option<f64>,
    /// Where that median lies in 95 of 100 cases.
    pub(crate) interval: Option<(f64, f64)>,
    /// What two threads do together over what one does alone.
    pub(crate) thread_ratio: Option<f64>,
    /// Whether that ratio is of threads that had less than a core each.
    pub(crate) shared_cores: bool,
    /// Memory held, for cases of memory.
    pub(crate) bytes: Option<i64>,
}
