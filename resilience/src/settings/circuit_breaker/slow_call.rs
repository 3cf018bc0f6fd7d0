use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    settings::{human, read::Read, table::Table, value::Value, walk::Walk},
    window::SlowCall,
};

/// When a call is slow, as data.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SlowCallShape {
    /// A call that takes as long or longer.
    AtLeast(
        #[schemars(extend("x-unit" = "duration", "x-minimum" = "1ms", "x-maximum" = "24h"))] String,
    ),
    /// A call that takes longer.
    LongerThan(
        #[schemars(extend("x-unit" = "duration", "x-minimum" = "1ms", "x-maximum" = "24h"))] String,
    ),
}

impl From<SlowCall> for SlowCallShape {
    fn from(slow: SlowCall) -> Self {
        let threshold = human::text(slow.threshold());
        if slow.is_slow(slow.threshold()) {
            Self::AtLeast(threshold)
        } else {
            Self::LongerThan(threshold)
        }
    }
}

impl Read for SlowCall {
    const EXPECTED: &'static str = "{ at_least = \"1s\" } or { longer_than = \"1s\" }";

    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        let mut table = Table::open(value, Self::EXPECTED, walk)?;
        let at_least: Option<Duration> = table.field("at_least", walk);
        let longer_than: Option<Duration> = table.field("longer_than", walk);
        let failed = walk.failed_at("at_least") || walk.failed_at("longer_than");
        table.close(walk);
        match (at_least, longer_than) {
            (Some(threshold), None) if !failed => Some(Self::at_least(threshold)),
            (None, Some(threshold)) if !failed => Some(Self::longer_than(threshold)),
            _ => {
                if !failed {
                    walk.wrong(value, Self::EXPECTED);
                }
                None
            }
        }
    }
}
