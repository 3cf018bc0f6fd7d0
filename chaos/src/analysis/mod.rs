//! From a recording to findings, without a clock, a file or a socket.

mod data_check;
mod explain;
mod finding;
mod interval;
mod judge;
mod series;
mod summary;
#[cfg(test)]
mod tests;
mod violation;

pub use data_check::{DataCheck, check_data};
pub use explain::explain;
pub use finding::{Finding, GroupVerdict, Verdict};
pub use interval::{Interval, difference, wilson};
pub use judge::{Evidence, judge};
pub use series::{Second, per_second};
pub use summary::{GroupSummary, PhaseSummary, Repeats, summarise};
pub use violation::Violation;
