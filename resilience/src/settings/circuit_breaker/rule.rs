use std::time::Duration;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::window::WindowShape;
use crate::{
    circuit_breaker::{Config, Rule},
    ratio::Ratio,
    settings::{
        read::{Read, one_of},
        table::Table,
        value::Value,
        walk::Walk,
    },
    window::{SlowCall, Window},
};

/// A rule as data.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum RuleShape {
    /// So many failures in a row.
    ConsecutiveFailures {
        /// Their number.
        #[schemars(range(min = 1, max = 4_294_967_295u32))]
        failures: u32,
    },
    /// The share of failures in the window.
    FailureRate {
        /// Reaching it is enough.
        #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1))]
        rate: f64,
    },
    /// The share of slow calls in the window.
    SlowCallRate {
        /// Reaching it is enough.
        #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1))]
        rate: f64,
    },
    /// So many failures among the last results.
    FailureRatio {
        /// Their number, at most `of`.
        #[schemars(range(min = 1, max = 1_000_000))]
        failures: u32,
        /// The results looked at.
        #[schemars(range(min = 1, max = 1_000_000))]
        of: u32,
    },
    /// So many failures in the window.
    FailureCount {
        /// Their number.
        #[schemars(range(min = 1, max = 4_294_967_295u32))]
        failures: u32,
    },
    /// A share of successes below `rate`.
    SuccessRateBelow {
        /// The share below which the breaker opens.
        #[schemars(range(min = 0, max = 1))]
        rate: f64,
        /// Which results this rule looks at.
        window: WindowShape,
        /// The results it needs.
        #[schemars(range(min = 1, max = 1_000_000))]
        min_calls: u32,
    },
}

impl From<Rule> for RuleShape {
    fn from(rule: Rule) -> Self {
        match rule {
            Rule::ConsecutiveFailures { failures } => Self::ConsecutiveFailures { failures },
            Rule::FailureRate { rate } => Self::FailureRate { rate: rate.as_f64() },
            Rule::SlowCallRate { rate } => Self::SlowCallRate { rate: rate.as_f64() },
            Rule::FailureRatio { failures, of } => Self::FailureRatio { failures, of },
            Rule::FailureCount { failures } => Self::FailureCount { failures },
            Rule::SuccessRateBelow { rate, window, min_calls } => {
                Self::SuccessRateBelow { rate: rate.as_f64(), window: window.into(), min_calls }
            }
        }
    }
}

#[expect(clippy::ref_option, reason = "as serde hands it over")]
pub(super) fn list<S: Serializer>(rules: &Option<Vec<Rule>>, to: S) -> Result<S::Ok, S::Error> {
    let shapes = rules.iter().flatten().copied().map(RuleShape::from);
    to.collect_seq(shapes)
}

#[derive(Clone, Copy)]
enum Kind {
    ConsecutiveFailures,
    FailureRate,
    SlowCallRate,
    FailureRatio,
    FailureCount,
    SuccessRateBelow,
}

impl Read for Kind {
    const EXPECTED: &'static str = "the kind of a rule, such as \"failure_rate\"";

    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        let kinds = [
            ("consecutive_failures", Self::ConsecutiveFailures),
            ("failure_rate", Self::FailureRate),
            ("slow_call_rate", Self::SlowCallRate),
            ("failure_ratio", Self::FailureRatio),
            ("failure_count", Self::FailureCount),
            ("success_rate_below", Self::SuccessRateBelow),
        ];
        one_of(value, &kinds, walk)
    }
}

impl Read for Rule {
    const EXPECTED: &'static str =
        "a table with a kind, such as { kind = \"failure_rate\", rate = 0.5 }";

    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        let mut table = Table::open(value, Self::EXPECTED, walk)?;
        let rule = match table.required("kind", walk)? {
            Kind::ConsecutiveFailures => table
                .required("failures", walk)
                .map(|failures| Self::ConsecutiveFailures { failures }),
            Kind::FailureRate => {
                table.required("rate", walk).map(|rate| Self::FailureRate { rate })
            }
            Kind::SlowCallRate => {
                table.required("rate", walk).map(|rate| Self::SlowCallRate { rate })
            }
            Kind::FailureRatio => {
                let failures = table.required("failures", walk);
                let of = table.required("of", walk);
                failures.zip(of).map(|(failures, of)| Self::FailureRatio { failures, of })
            }
            Kind::FailureCount => {
                table.required("failures", walk).map(|failures| Self::FailureCount { failures })
            }
            Kind::SuccessRateBelow => {
                let rate: Option<Ratio> = table.required("rate", walk);
                let window: Option<Window> = table.required("window", walk);
                let min_calls = table.required("min_calls", walk);
                rate.zip(window).zip(min_calls).map(|((rate, window), min_calls)| {
                    Self::SuccessRateBelow { rate, window, min_calls }
                })
            }
        };
        table.close(walk);
        rule
    }
}

/// Checks each rule by itself, so that its mistakes have its place in the list.
pub(super) fn check(rules: &[Rule], walk: &mut Walk) {
    const ANY: SlowCall = SlowCall::at_least(Duration::from_secs(1));
    for (at, rule) in rules.iter().enumerate() {
        let alone = Config::builder().slow_call(ANY).rules([*rule]);
        if let Err(errors) = alone.build() {
            walk.at(at, |walk| walk.adopt_as(&errors, |setting| Some(field(rule, setting))));
        }
    }
}

/// The field of a rule that the builder calls `setting`.
fn field<'s>(rule: &Rule, setting: &'s str) -> &'s str {
    match (rule, setting.split_once('.')) {
        (_, Some(("window", _))) => setting,
        (_, Some((_, field))) => field,
        (Rule::FailureRate { .. } | Rule::SlowCallRate { .. }, None) => "rate",
        (_, None) => "failures",
    }
}
