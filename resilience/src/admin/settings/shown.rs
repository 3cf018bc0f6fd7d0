use serde::Serialize;
use serde_json::Value;

use super::{breaker, budget, limit, retry};
use crate::{
    operator::{Listed, Policy},
    wire::{NotShown, SettingsState},
};

/// The table of one policy, and what it leaves out.
#[derive(Debug)]
pub(super) struct Shown {
    table: Value,
    not_shown: Vec<NotShown>,
}

impl Shown {
    pub(super) fn new(settings: impl Serialize) -> Self {
        let table = serde_json::to_value(settings).expect("settings are data");
        Self { table, not_shown: Vec::new() }
    }

    pub(super) fn without(mut self, setting: &str, why: &str) -> Self {
        self.not_shown.push(NotShown { setting: setting.to_owned(), why: why.to_owned() });
        self
    }

    /// What is told of `listed`.
    pub(super) fn of(self, listed: &Listed) -> SettingsState<Value> {
        SettingsState {
            id: listed.id(),
            policy: listed.name().to_string(),
            kind: listed.policy().kind().to_owned(),
            settings: self.table,
            not_shown: self.not_shown,
        }
    }
}

/// The settings of `listed` that are in force; `None` where its kind has no table.
pub(super) fn in_force(listed: &Listed) -> Option<SettingsState<Value>> {
    let shown = match listed.policy() {
        Policy::CircuitBreaker(breaker) => breaker::shown(&breaker.config()),
        Policy::Retry(retry) => retry::shown(&retry.config()),
        Policy::RetryBudget(budget) => budget::shown(&budget::config(budget)?),
        Policy::Timeout(limit) => limit::timeout(limit.in_force()),
        Policy::Deadline(limit) => limit::deadline(limit.in_force()),
        _ => return None,
    };
    Some(shown.of(listed))
}

/// Why a kind of policy has no table.
pub(super) fn no_table(kind: &str) -> String {
    let why = match kind {
        "keyed_circuit_breaker" => {
            "the breakers of its keys are made by the settings of the layer, and none of them can be \
             given others together"
        }
        "fault" => "a fault is armed by a command or a flag",
        _ => "there is no table for it",
    };
    format!("a policy of the kind {kind} has no settings to read or replace: {why}")
}
