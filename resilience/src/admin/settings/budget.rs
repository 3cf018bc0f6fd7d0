use serde_json::json;

use super::{replace::Refused, shown::Shown};
use crate::{
    budget::{RetryBudget, TokenBudget},
    settings::{Amiss, BudgetConfig, BudgetKind, BudgetSettings, Given},
};

/// The settings of a budget of any kind.
pub(super) fn config(budget: &RetryBudget) -> Option<BudgetConfig> {
    let token = budget.token_config().map(BudgetConfig::Token);
    let share = || budget.share_config().map(BudgetConfig::Share);
    let cost = || budget.cost_config().map(BudgetConfig::Cost);
    token.or_else(share).or_else(cost)
}

pub(super) fn shown(config: &BudgetConfig) -> Shown {
    Shown::new(BudgetSettings::from(config))
}

/// What a budget of tokens with the settings `known` is to go by. How it counts does not change
/// while calls run, so what is left out of that stays.
pub(super) fn replaced(
    given: &Given<BudgetSettings>,
    known: TokenBudget,
) -> Result<TokenBudget, Refused> {
    let settings = given.check_amended("", |settings| {
        let kind = settings.kind.replace(BudgetKind::Token);
        let kind = kind.filter(|kind| *kind != BudgetKind::Token);
        let ttl = settings.ttl.replace(known.ttl()).filter(|ttl| *ttl != known.ttl());
        let kind = kind.map(|kind| Amiss {
            setting: "kind",
            given: json!(kind).to_string(),
            expected: "\"token\", as the budget was made".to_owned(),
        });
        let human = humantime::format_duration;
        let ttl = ttl.map(|ttl| Amiss {
            setting: "ttl",
            given: human(ttl).to_string(),
            expected: format!("{}, as the budget was made", human(known.ttl())),
        });
        kind.into_iter().chain(ttl).collect()
    })?;
    match settings.build()? {
        BudgetConfig::Token(config) => Ok(config),
        BudgetConfig::Share(_) | BudgetConfig::Cost(_) => unreachable!("the kind was set above"),
    }
}
