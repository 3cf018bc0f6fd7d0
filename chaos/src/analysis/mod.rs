//! From a recording to findings, without a clock, a file or a socket.

mod data_check;
mod explain;
mod interval;
mod judge;
mod series;
mod summary;
#[cfg(test)]
mod tests;

pub use data_check::{DataCheck, Violation, check_data};
pub use explain::explain;
pub use interval::{Interval, difference, wilson};
pub use judge::{Finding, GroupVerdict, Verdict, judge};
pub use series::{Second, per_second};
pub use summary::{GroupSummary, PhaseSummary, Repeats, summarise};
