use super::choose_budget::{ChooseBudget, Payer, sealed::Sealed};
use crate::{
    budget::{RetryBudget, keyed::KeyedRetryBudget},
    holders::Hold,
    keyed::KeyOf,
};

/// The retries of a request are paid for from the budget of its key.
///
/// Made by [`RetryLayer::budget_by`](super::RetryLayer::budget_by).
#[derive(Clone, Debug)]
pub struct BudgetBy<K> {
    keys: K,
    budgets: KeyedRetryBudget,
}

/// The budget of the key of a call.
#[derive(Debug)]
pub struct KeysBudget(Hold<RetryBudget>);

impl<K> BudgetBy<K> {
    pub(super) const fn new(keys: K, budgets: KeyedRetryBudget) -> Self {
        Self { keys, budgets }
    }
}

impl<K: KeyOf<Request>, Request> ChooseBudget<Request> for BudgetBy<K> {
    type Chosen = KeysBudget;

    #[inline]
    fn choose(&self, request: &Request) -> KeysBudget {
        KeysBudget(self.keys.with_key(request, |key| self.budgets.hold(key)))
    }
}

impl Payer for KeysBudget {
    #[inline]
    fn of<'a>(&'a self, _: Option<&'a RetryBudget>) -> Option<&'a RetryBudget> {
        Some(&self.0)
    }
}

impl<K> Sealed for BudgetBy<K> {}
impl Sealed for KeysBudget {}
