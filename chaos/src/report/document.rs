use std::fmt;
use std::num::NonZero;

use serde::{Deserialize, Serialize};

use crate::analysis::{DataCheck, GroupVerdict, PhaseSummary, Second, Verdict};
use crate::experiment::{Experiment, PerGroup};
use crate::measure::{Event, Latency, Limits, Tag};

/// The version of the report's shape; a change that breaks a reader raises it.
pub const VERSION: u32 = 1;

/// All that is known of a run, as written to `report.json`.
///
/// Times are milliseconds where a name ends in `_ms`, seconds where it ends in `_s`, and
/// human text in the settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The shape of this document, [`VERSION`].
    pub version: u32,
    /// The version of the tool that wrote it.
    pub tool: String,
    /// When the run began.
    pub started_at: jiff::Timestamp,
    /// How the run was set up, its seed included.
    pub settings: Experiment,
    /// What was attacked.
    #[serde(default)]
    pub target: Target,
    /// Layers that the guarded service was started without.
    pub without: Vec<String>,
    /// The limits in force in the guarded service; `null` when it does not tell.
    pub limits: Option<Limits>,
    /// The machine.
    pub environment: Environment,
    /// The load generator's own lag.
    pub generator: Generator,
    /// Each phase.
    pub phases: Vec<PhaseSummary>,
    /// Each group against the promise.
    pub verdicts: PerGroup<GroupVerdict>,
    /// Each group's data.
    pub data: PerGroup<DataCheck>,
    /// Each group second by second.
    pub series: PerGroup<Vec<Second>>,
    /// What happened when.
    pub events: Vec<Event>,
}

/// What a run attacks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum Target {
    /// Services that the run has started, with empty stores: everything in these is judged.
    #[default]
    Local,
    /// The containers of a Compose project that was there before: in its stores only the orders
    /// of the run are judged.
    Compose {
        /// The project's name.
        project: String,
        /// What the keys of the run's orders begin with.
        tag: Tag,
    },
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("processes of this run, with stores of their own"),
            Self::Compose { project, tag } => write!(
                f,
                "the compose project {project}; of its stores only the orders of this run are \
                 judged, tagged {tag}"
            ),
        }
    }
}

/// The machine that a run was made on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// Cores that this process may use.
    pub cores: usize,
    /// The operating system.
    pub os: String,
    /// The processor's architecture.
    pub arch: String,
    /// Whether the tool was built with optimisations: `release` or `debug`.
    pub build: String,
}

impl Environment {
    /// This machine.
    #[must_use]
    pub fn here() -> Self {
        Self {
            cores: std::thread::available_parallelism().map_or(1, NonZero::get),
            os: std::env::consts::OS.to_owned(),
            arch: std::env::consts::ARCH.to_owned(),
            build: if cfg!(debug_assertions) { "debug" } else { "release" }.to_owned(),
        }
    }
}

/// How late the load generator was with its own calls.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Generator {
    /// The median.
    pub lag_p50_ms: Option<f64>,
    /// The 99th percentile.
    pub lag_p99_ms: Option<f64>,
    /// The maximum.
    pub lag_max_ms: Option<f64>,
}

impl Generator {
    /// Sums `lag` up.
    #[must_use]
    pub fn of(lag: &Latency) -> Self {
        let at = |quantile| lag.at(quantile).map(|time| time.as_secs_f64() * 1_000.0);
        Self { lag_p50_ms: at(0.5), lag_p99_ms: at(0.99), lag_max_ms: at(1.0) }
    }
}

impl Report {
    /// What the run as a whole says: the guarded group's verdict, and the data of both.
    ///
    /// Broken data outweighs everything. The bare group's verdict does not count: it is the
    /// control, and is expected to deviate.
    pub fn verdict(&self) -> Verdict {
        let data = [self.data.guarded.verdict, self.data.bare.verdict];
        let guarded = self.verdicts.guarded.verdict;
        if data.contains(&Verdict::Deviated) {
            Verdict::Deviated
        } else if guarded == Verdict::Held && data.contains(&Verdict::Inconclusive) {
            Verdict::Inconclusive
        } else {
            guarded
        }
    }
}
