use schemars::JsonSchema;
use serde::Serialize;

use crate::settings::{
    read::{Read, one_of},
    value::Value,
    walk::Walk,
};

/// What retries are paid by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BudgetKind {
    /// By deposits of first attempts, which expire.
    #[default]
    Token,
    /// By the share of retries in flight.
    Share,
    /// By tokens that success brings back.
    Cost,
}

impl BudgetKind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Share => "share",
            Self::Cost => "cost",
        }
    }
}

impl Read for BudgetKind {
    const EXPECTED: &'static str = "\"token\", \"share\" or \"cost\"";

    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        let kinds = [Self::Token, Self::Share, Self::Cost];
        one_of(value, &kinds.map(|kind| (kind.as_str(), kind)), walk)
    }
}
