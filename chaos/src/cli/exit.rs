use std::process::ExitCode;

use crate::analysis::Verdict;

/// How the command ends, as its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// The guarded group kept its promise and the data is intact.
    Held,
    /// The promise was broken, or data was lost, doubled or changed.
    Deviated,
    /// It cannot be told.
    Inconclusive,
    /// The run could not be made.
    CouldNotRun,
    /// A signal ended it.
    Interrupted,
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Held => Self::Held,
            Verdict::Deviated => Self::Deviated,
            Verdict::Inconclusive => Self::Inconclusive,
        }
    }
}

impl From<Exit> for ExitCode {
    /// 2 is left to wrong usage, which clap reports.
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Held => 0,
            Exit::Deviated => 1,
            Exit::Inconclusive => 3,
            Exit::CouldNotRun => 4,
            Exit::Interrupted => 130,
        })
    }
}
