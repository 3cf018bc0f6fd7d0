//! Walks the phases of an experiment while the load runs, and records what is seen.

mod conductor;
mod event_log;
mod meter;
mod progress;
mod recording;
mod run;
mod watch;

pub use progress::{Counts, Progress};
pub use recording::{PhaseRecord, Recording};
pub use run::run;
