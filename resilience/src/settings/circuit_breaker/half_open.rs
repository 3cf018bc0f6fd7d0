use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    circuit_breaker::{Config, HalfOpen},
    ratio::Ratio,
    settings::{
        read::{Read, one_of},
        table::Table,
        value::Value,
        walk::Walk,
    },
};

/// A half-open verdict as data.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum HalfOpenShape {
    /// Judges so many probes together, by the rates.
    PermittedCalls {
        /// The probes.
        #[schemars(range(min = 1, max = 1_000))]
        calls: u32,
    },
    /// Asks for successes among so many probes.
    Ratio {
        /// The successes, at most `of`.
        #[schemars(range(min = 1, max = 1_000))]
        successes: u32,
        /// The probes.
        #[schemars(range(min = 1, max = 1_000))]
        of: u32,
    },
    /// Closes after so many successes, reopens after so many failures.
    Thresholds {
        /// The successes.
        #[schemars(range(min = 1, max = 1_000))]
        successes: u32,
        /// The failures.
        #[schemars(range(min = 1, max = 1_000))]
        failures: u32,
        /// The probes, as many as a verdict may take or more; absent: all calls.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 1, max = 2_000))]
        calls: Option<u32>,
    },
    /// Lets a growing share of the calls through.
    Shares {
        /// The first share.
        #[schemars(range(min = 0.001, max = 0.5))]
        first: f64,
        /// By which each share is larger than the one before.
        #[schemars(range(min = 2, max = 100))]
        factor: u32,
        /// The probes that are judged together.
        #[schemars(range(min = 1, max = 1_000))]
        calls: u32,
    },
}

impl From<HalfOpen> for HalfOpenShape {
    fn from(rule: HalfOpen) -> Self {
        match rule {
            HalfOpen::PermittedCalls { calls } => Self::PermittedCalls { calls },
            HalfOpen::Ratio { successes, of } => Self::Ratio { successes, of },
            HalfOpen::Thresholds { successes, failures, calls } => {
                Self::Thresholds { successes, failures, calls }
            }
            HalfOpen::Shares { first, factor, calls } => {
                Self::Shares { first: first.as_f64(), factor, calls }
            }
        }
    }
}

pub(super) fn default() -> HalfOpenShape {
    Config::default().half_open().into()
}

#[derive(Clone, Copy)]
enum Kind {
    PermittedCalls,
    Ratio,
    Thresholds,
    Shares,
}

impl Read for Kind {
    const EXPECTED: &'static str = "\"permitted_calls\", \"ratio\", \"thresholds\" or \"shares\"";

    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        let kinds = [
            ("permitted_calls", Self::PermittedCalls),
            ("ratio", Self::Ratio),
            ("thresholds", Self::Thresholds),
            ("shares", Self::Shares),
        ];
        one_of(value, &kinds, walk)
    }
}

impl Read for HalfOpen {
    const EXPECTED: &'static str =
        "a table with a kind, such as { kind = \"ratio\", successes = 2, of = 3 }";

    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        let mut table = Table::open(value, Self::EXPECTED, walk)?;
        let rule = match table.required("kind", walk)? {
            Kind::PermittedCalls => {
                table.required("calls", walk).map(|calls| Self::PermittedCalls { calls })
            }
            Kind::Ratio => {
                let successes = table.required("successes", walk);
                let of = table.required("of", walk);
                successes.zip(of).map(|(successes, of)| Self::Ratio { successes, of })
            }
            Kind::Thresholds => {
                let successes = table.required("successes", walk);
                let failures = table.required("failures", walk);
                let calls = table.field("calls", walk);
                let given = successes.zip(failures).filter(|_| !walk.failed_at("calls"));
                given.map(|(successes, failures)| Self::Thresholds { successes, failures, calls })
            }
            Kind::Shares => {
                let first: Option<Ratio> = table.required("first", walk);
                let factor = table.required("factor", walk);
                let calls = table.required("calls", walk);
                first.zip(factor).zip(calls).map(|((first, factor), calls)| Self::Shares {
                    first,
                    factor,
                    calls,
                })
            }
        };
        table.close(walk);
        rule
    }
}
