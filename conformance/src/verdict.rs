use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub(crate) enum Verdict {
    /// All is as expected.
    Passed,
    /// Something is not.
    Failed(Mismatch),
    /// It cannot be told, because something in it is not known here.
    NotCovered(Gap),
}

/// A value that is not as expected.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Mismatch {
    /// The step, from 1; one more than there are for what holds at the end, 0 for a panic.
    pub(crate) step: usize,
    pub(crate) key: String,
    pub(crate) expected: Value,
    pub(crate) got: Value,
    /// On which way the case was run, where it is run on more than one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) way: Option<&'static str>,
}

/// What is not known here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Gap {
    missing: String,
}

impl Gap {
    pub(crate) fn new(missing: impl Into<String>) -> Self {
        Self { missing: missing.into() }
    }
}

/// Why a case came to an early end.
#[derive(Debug)]
pub(crate) enum Stop {
    Mismatch(Mismatch),
    Gap(Gap),
}

impl Stop {
    /// Says that it came up on this way.
    pub(crate) fn on(self, way: &'static str) -> Self {
        match self {
            Self::Mismatch(mismatch) => Self::Mismatch(Mismatch { way: Some(way), ..mismatch }),
            Self::Gap(gap) => Self::Gap(gap),
        }
    }
}

impl From<Gap> for Stop {
    fn from(gap: Gap) -> Self {
        Self::Gap(gap)
    }
}

impl From<Result<(), Stop>> for Verdict {
    fn from(result: Result<(), Stop>) -> Self {
        match result {
            Ok(()) => Self::Passed,
            Err(Stop::Mismatch(mismatch)) => Self::Failed(mismatch),
            Err(Stop::Gap(gap)) => Self::NotCovered(gap),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("passed"),
            Self::Failed(Mismatch { step, key, expected, got, .. }) => {
                write!(f, "failed step {step} key {key} expected {expected} got {got}")
            }
            Self::NotCovered(gap) => write!(f, "not covered: {}", gap.missing),
        }
    }
}
