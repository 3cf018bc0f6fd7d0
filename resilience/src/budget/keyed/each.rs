use std::sync::Arc;

use tokio::time::Instant;

use super::super::{
    config::TokenBudget,
    cost::{CostBudget, Costs},
    named::{Balance, Named},
    retry_budget::{Kind, RetryBudget},
    share::{Share, ShareBudget},
    token::Tokens,
};
use crate::name::Name;

/// The settings of the budget that each key has, of one kind for all.
///
/// Where it is asked for, the settings of a budget will do.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum EachBudget {
    /// A budget of tokens.
    Token(TokenBudget),
    /// A budget by the share of retries in flight.
    Share(ShareBudget),
    /// A budget by cost.
    Cost(CostBudget),
}

impl EachBudget {
    /// A budget that is listed nowhere.
    pub(super) fn make(self, name: Name) -> RetryBudget {
        let kind = match self {
            Self::Token(config) => Kind::Token(named(name, Tokens::new(config))),
            Self::Share(config) => Kind::Share(named(name, Share::new(config))),
            Self::Cost(config) => Kind::Cost(named(name, Costs::new(config))),
        };
        RetryBudget { kind }
    }
}

fn named<T>(name: Name, state: T) -> Arc<Named<T>> {
    Arc::new(Named { name, state })
}

impl From<TokenBudget> for EachBudget {
    fn from(config: TokenBudget) -> Self {
        Self::Token(config)
    }
}

impl From<ShareBudget> for EachBudget {
    fn from(config: ShareBudget) -> Self {
        Self::Share(config)
    }
}

impl From<CostBudget> for EachBudget {
    fn from(config: CostBudget) -> Self {
        Self::Cost(config)
    }
}

impl RetryBudget {
    /// Whether another with the settings with which this one was made would grant no more at `now`.
    pub(super) fn is_as_new(&self, now: Instant) -> bool {
        match &self.kind {
            Kind::Token(tokens) => tokens.state.is_as_new(now),
            Kind::Share(share) => share.state.is_at_rest(),
            Kind::Cost(costs) => costs.state.is_full(),
        }
    }

    /// Whether a retry after a failure would be granted at `now`, with no count of how many.
    pub(super) fn would_grant(&self, now: Instant) -> bool {
        match &self.kind {
            Kind::Token(tokens) => tokens.state.balance(now) > 0,
            Kind::Share(share) => share.state.would_grant(),
            Kind::Cost(costs) => costs.state.balance(now) > 0,
        }
    }

    /// Whether time fills it: left alone, it would then be as a new one in the end.
    pub(super) const fn fills_by_itself(&self) -> bool {
        !matches!(self.kind, Kind::Cost(_))
    }

    /// Whether there is a clone of it, or a call that it has to be told the end of.
    pub(super) fn is_shared(&self) -> bool {
        let holders = match &self.kind {
            Kind::Token(tokens) => Arc::strong_count(tokens),
            Kind::Share(share) => Arc::strong_count(share),
            Kind::Cost(costs) => Arc::strong_count(costs),
        };
        holders > 1
    }
}
