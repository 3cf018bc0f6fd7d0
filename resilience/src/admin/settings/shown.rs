use serde::Serialize;
use serde_json::Value;

use super::{breaker, budget, limit, retry, tag::Tag};
use crate::{
    operator::{Listed, Policy},
    wire::{NotShown, SettingsState},
};

/// The table of one policy, and what it leaves out.
#[derive(Debug)]
pub(super) struct Shown {
    table: Value,
    left_out: Vec<NotShown>,
    is_of_all_layers: bool,
}

/// What is told of the settings of a policy.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) state: SettingsState<Value>,
    pub(super) tag: Tag,
}

impl Shown {
    pub(super) fn new(settings: impl Serialize) -> Self {
        let table = serde_json::to_value(settings).expect("settings are data");
        Self { table, left_out: Vec::new(), is_of_all_layers: true }
    }

    pub(super) fn without(mut self, setting: &str, why: &str) -> Self {
        self.left_out.push(NotShown { setting: setting.to_owned(), why: why.to_owned() });
        self
    }

    /// Whether the table holds for all layers of a name, or shows that of one of them. The same
    /// table means another thing then, and has another tag.
    pub(super) const fn for_all_layers(mut self, is_of_all_layers: bool) -> Self {
        self.is_of_all_layers = is_of_all_layers;
        self
    }

    /// What is told of `listed`.
    pub(super) fn of(self, listed: &Listed) -> Told {
        let state = SettingsState {
            id: listed.id(),
            policy: listed.name().to_string(),
            kind: listed.policy().kind().to_owned(),
            settings: self.table,
            not_shown: self.left_out,
        };
        let tag = Tag::of(&state, self.is_of_all_layers);
        Told { state, tag }
    }
}

/// The settings of `listed` that are in force; `None` where its kind has no table.
pub(super) fn in_force(listed: &Listed) -> Option<Told> {
    let shown = match listed.policy() {
        Policy::CircuitBreaker(breaker) => breaker::shown(&breaker.config()),
        Policy::Retry(retry) => retry::shown(&retry.config()),
        Policy::RetryBudget(budget) => budget::shown(&budget::config(budget)?),
        Policy::Timeout(limit) => limit::timeout(limit.read()),
        Policy::Deadline(limit) => limit::deadline(limit.read()),
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
