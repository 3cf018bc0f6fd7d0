use std::process::ExitCode;

use crate::analysis::Verdict;

/// How the command ends, as its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// What was asked for is done.
    Done,
    /// The guarded group kept its promise and the data is intact.
    Held,
    /// The promise was broken, or data was lost, doubled or changed.
    Deviated,
    /// What was looked at is not well.
    Unwell,
    /// It cannot be told.
    Inconclusive,
    /// What was asked for makes no sense.
    WrongUsage,
    /// The run could not be made, or there is nothing that runs.
    CouldNotRun,
    /// A signal ended it.
    Interrupted,
}

impl Exit {
    /// How the same command ends when not all that it broke could be mended.
    pub(super) const fn unmended(self) -> Self {
        match self {
            Self::Done | Self::Held | Self::Interrupted => Self::CouldNotRun,
            other => other,
        }
    }
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
    /// 2 is wrong usage, most of which clap reports.
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done | Exit::Held => 0,
            Exit::Deviated | Exit::Unwell => 1,
            Exit::WrongUsage => 2,
            Exit::Inconclusive => 3,
            Exit::CouldNotRun => 4,
            Exit::Interrupted => 130,
        })
    }
}
