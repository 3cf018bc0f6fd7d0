use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    circuit_breaker::Config,
    settings::{human, read::Read, table::Table, value::Value, walk::Walk},
    window::Window,
};

/// A window as data.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum WindowShape {
    /// The last `size` results.
    Count {
        /// The number of results.
        #[schemars(range(min = 1, max = 1_000_000))]
        size: u32,
    },
    /// The last `size` results of each thread.
    CountPerThread {
        /// The number of results.
        #[schemars(range(min = 1, max = 1_000_000))]
        size: u32,
    },
    /// The results of the last `span`.
    Time {
        /// The length, from 1 ms for each bucket on.
        #[schemars(extend("x-unit" = "duration", "x-minimum" = "1ms", "x-maximum" = "24h"))]
        span: String,
        /// The parts that leave as a whole.
        #[schemars(range(min = 1, max = 100_000))]
        buckets: u32,
    },
}

impl From<Window> for WindowShape {
    fn from(window: Window) -> Self {
        match window {
            Window::Count { size } => Self::Count { size },
            Window::CountPerThread { size } => Self::CountPerThread { size },
            Window::Time { span, buckets } => Self::Time { span: human::text(span), buckets },
        }
    }
}

pub(super) fn default() -> WindowShape {
    Config::default().window().into()
}

#[derive(Clone, Copy)]
enum Kind {
    Count,
    CountPerThread,
    Time,
}

impl Read for Kind {
    const EXPECTED: &'static str = "\"count\", \"count_per_thread\" or \"time\"";

    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        let kinds = [
            ("count", Self::Count),
            ("count_per_thread", Self::CountPerThread),
            ("time", Self::Time),
        ];
        crate::settings::read::one_of(value, &kinds, walk)
    }
}

impl Read for Window {
    const EXPECTED: &'static str =
        "a table with a kind, such as { kind = \"time\", span = \"30s\", buckets = 10 }";

    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        let mut table = Table::open(value, Self::EXPECTED, walk)?;
        let window = match table.required("kind", walk)? {
            Kind::Count => table.required("size", walk).map(|size| Self::Count { size }),
            Kind::CountPerThread => {
                table.required("size", walk).map(|size| Self::CountPerThread { size })
            }
            Kind::Time => {
                let span: Option<Duration> = table.required("span", walk);
                let buckets = table.required("buckets", walk);
                span.zip(buckets).map(|(span, buckets)| Self::Time { span, buckets })
            }
        };
        table.close(walk);
        window
    }
}
