use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    retry::Idempotency,
    settings::{
        read::{Read, one_of},
        value::Value,
        walk::Walk,
    },
};

/// Which requests may be sent twice, as data.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum IdempotencyShape {
    /// The idempotent methods, and any request with an `Idempotency-Key`.
    MethodOrKey,
    /// The methods that change nothing.
    SafeMethods,
    /// Every request.
    All,
}

impl From<Idempotency> for IdempotencyShape {
    fn from(idempotency: Idempotency) -> Self {
        match idempotency {
            Idempotency::MethodOrKey => Self::MethodOrKey,
            Idempotency::SafeMethods => Self::SafeMethods,
            Idempotency::All => Self::All,
        }
    }
}

impl Read for Idempotency {
    const EXPECTED: &'static str = "which requests may be sent twice, such as \"safe_methods\"";

    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        let words = [
            ("method_or_key", Self::MethodOrKey),
            ("safe_methods", Self::SafeMethods),
            ("all", Self::All),
        ];
        one_of(value, &words, walk)
    }
}
