use crate::{
    budget::{CostBudget, RetryBudget, ShareBudget, TokenBudget},
    name::Name,
};

/// The settings of a retry budget of any kind, checked.
///
/// # Examples
///
/// ```
/// use resilience::settings::{BudgetConfig, BudgetKind, BudgetSettings};
///
/// let shown = BudgetSettings::from(&BudgetConfig::default());
/// assert_eq!((shown.kind, shown.min_per_sec), (Some(BudgetKind::Token), Some(10)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum BudgetConfig {
    /// By deposits.
    Token(TokenBudget),
    /// By share.
    Share(ShareBudget),
    /// By cost.
    Cost(CostBudget),
}

impl BudgetConfig {
    /// A fresh budget.
    #[must_use]
    pub fn budget(self, name: Name) -> RetryBudget {
        match self {
            Self::Token(config) => RetryBudget::token(name, config),
            Self::Share(config) => RetryBudget::share(name, config),
            Self::Cost(config) => RetryBudget::cost(name, config),
        }
    }
}

impl Default for BudgetConfig {
    fn default() -> Self {
        Self::Token(TokenBudget::default())
    }
}
