use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::settings::{given::table, human, read::Read, value::Value, walk::Walk};

/// How an open wait grows.
///
/// # Examples
///
/// ```
/// use resilience::settings::CircuitBreakerSettings;
///
/// let settings: CircuitBreakerSettings =
///     toml::from_str("open_for = '90s'\nopen_growth = { factor = 3 }")?;
/// let config = settings.build()?;
/// assert_eq!(config.open_for_at_most(), config.open_for(), "the default cap is below the wait");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[non_exhaustive]
pub struct OpenGrowthSettings {
    /// The factor from one wait to the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100), extend("default" = 2.0))]
    pub factor: Option<f64>,

    /// The longest wait, from `open_for` on; "unlimited" is the longest duration in code. Where
    /// `open_for` is longer than the default, that is the default.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "human::unlimited")]
    #[schemars(
        with = "Option<String>",
        extend("x-unit" = "duration", "x-minimum" = "open_for", "x-word" = human::UNLIMITED,
            "default" = "1m")
    )]
    pub at_most: Option<Duration>,
}

impl OpenGrowthSettings {
    /// `one` before what is `under` it, whose longest wait is no shorter than an `open_for` that
    /// nobody has thought of there.
    pub(super) fn over(
        one: Option<Self>,
        under: Option<Self>,
        open_for: Option<Duration>,
    ) -> Option<Self> {
        let under = under.map(|under| Self {
            at_most: under.at_most.map(|at_most| at_most.max(open_for.unwrap_or_default())),
            ..under
        });
        match (one, under) {
            (Some(one), Some(under)) => Some(Self {
                factor: one.factor.or(under.factor),
                at_most: one.at_most.or(under.at_most),
            }),
            (one, under) => one.or(under),
        }
    }
}

impl Read for OpenGrowthSettings {
    const EXPECTED: &'static str = "a table of factor and at_most";

    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        let mut table = table(value, walk)?;
        let growth = Self {
            factor: table.field("factor", walk),
            at_most: table.field_or("at_most", human::UNLIMITED, Duration::MAX, walk),
        };
        table.close(walk);
        Some(growth)
    }
}
