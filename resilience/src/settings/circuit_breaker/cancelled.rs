use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    circuit_breaker::Cancelled,
    settings::{read::Read, table::Table, value::Value, walk::Walk},
};

/// What a dropped call counts as, in data.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum CancelledShape {
    /// Nothing.
    Ignore,
    /// A failure.
    Failure,
    /// A failure, once such calls are this share of all.
    FailureFrom(#[schemars(range(min = 0, max = 1))] f64),
}

impl From<Cancelled> for CancelledShape {
    fn from(cancelled: Cancelled) -> Self {
        match cancelled {
            Cancelled::Ignore => Self::Ignore,
            Cancelled::Failure => Self::Failure,
            Cancelled::FailureFrom(rate) => Self::FailureFrom(rate.as_f64()),
        }
    }
}

impl Read for Cancelled {
    const EXPECTED: &'static str = "\"ignore\", \"failure\" or { failure_from = 0.5 }";

    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        match value {
            Value::Text(text) if text == "ignore" => return Some(Self::Ignore),
            Value::Text(text) if text == "failure" => return Some(Self::Failure),
            _ => {}
        }
        let mut table = Table::open(value, Self::EXPECTED, walk)?;
        let rate = table.required("failure_from", walk);
        table.close(walk);
        rate.map(Self::FailureFrom)
    }
}
