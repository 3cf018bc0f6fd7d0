use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A fault as data: the name of its kind and that kind's settings.
///
/// Data and not a type, so that this floor need not know the kinds: one table in
/// [`fault`](crate::fault) turns a spec into something that can be injected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultSpec {
    /// The kind, as listed in the fault table.
    pub kind: String,
    /// The settings of that kind.
    pub settings: Value,
}

impl FaultSpec {
    /// Names a fault of `kind` with `settings`.
    #[must_use]
    pub fn new(kind: &str, settings: Value) -> Self {
        Self { kind: kind.to_owned(), settings }
    }
}
