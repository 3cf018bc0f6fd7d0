use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    retry::Jitter,
    settings::{read::Read, table::Table, value::Value, walk::Walk},
};

/// How chance varies a wait, as data.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum JitterShape {
    /// Anything from nothing to the whole wait.
    Full,
    /// Anything from half of the wait to all of it.
    Equal,
    /// Anything from the first wait to three times the wait before.
    Decorrelated,
    /// The wait itself.
    None,
    /// The wait, more or less by up to this share of it.
    Within(#[schemars(range(min = 0, max = 1))] f64),
}

impl From<Jitter> for JitterShape {
    fn from(jitter: Jitter) -> Self {
        match jitter {
            Jitter::Full => Self::Full,
            Jitter::Equal => Self::Equal,
            Jitter::Decorrelated => Self::Decorrelated,
            Jitter::None => Self::None,
            Jitter::Within(share) => Self::Within(share.as_f64()),
        }
    }
}

impl Read for Jitter {
    const EXPECTED: &'static str =
        "\"full\", \"equal\", \"decorrelated\", \"none\" or { within = 0.2 }";

    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        if let Value::Text(text) = value {
            match text.as_str() {
                "full" => return Some(Self::Full),
                "equal" => return Some(Self::Equal),
                "decorrelated" => return Some(Self::Decorrelated),
                "none" => return Some(Self::None),
                _ => {}
            }
        }
        let mut table = Table::open(value, Self::EXPECTED, walk)?;
        let share = table.required("within", walk);
        table.close(walk);
        share.map(Self::Within)
    }
}
