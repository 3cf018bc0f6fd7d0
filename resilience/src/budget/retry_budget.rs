use std::sync::{Arc, Weak};

use tokio::time::Instant;

use super::{
    config::TokenBudget,
    cost::{CostBudget, Costs},
    guard::{Call, Extra, Granted, InFlight},
    named::{Balance, Named},
    share::{Share, ShareBudget},
    token::Tokens,
};
use crate::{
    config::{Check, ConfigErrors},
    name::Name,
    registry::{self, Instance},
};

/// Limits how many retries are made, by the calls that pay for them.
///
/// - [`token`](Self::token): each first attempt deposits a share of a token, each retry takes a
///   whole one, and a deposit that no retry took expires. The one to start with.
/// - [`share`](Self::share): retries are a bounded share of the calls in flight.
/// - [`cost`](Self::cost): a retry costs tokens, and success brings them back.
///
/// All of them are lock-free, and any number of callers together get exactly what is there.
///
/// # Sharing
///
/// Clones share one balance. Give one budget to all layers that add load to the same
/// service.
///
/// # Examples
///
/// ```
/// use resilience::{Name, Ratio, budget::{RetryBudget, TokenBudget}, retry::{Config, RetryLayer}};
///
/// const USERS: Name = Name::from_static("users-api");
/// let config = TokenBudget::builder().min_per_sec(5).ratio(Ratio::percent(10)).build()?;
/// let budget = RetryBudget::token(USERS, config);
/// assert_eq!(budget.balance(tokio::time::Instant::now()), 50);
///
/// let reads = RetryLayer::new(USERS, Config::default()).budget(budget.clone());
/// let writes = RetryLayer::new(USERS, Config::default()).budget(budget);
/// # Ok::<(), resilience::ConfigErrors>(())
/// ```
///
/// Without Tower:
///
/// ```
/// use resilience::{Name, budget::{Cause, CostBudget, RetryBudget}};
/// use tokio::time::Instant;
///
/// let budget = RetryBudget::cost(Name::from_static("s3"), CostBudget::default());
/// let call = budget.begin(Instant::now());
/// if let Some(retry) = budget.withdraw(Instant::now(), Cause::Timeout) {
///     // ... the retry is made here, and succeeds ...
///     retry.succeeded();
/// }
/// drop(call);
/// # assert_eq!(budget.balance(Instant::now()), 100);
/// ```
#[derive(Clone, Debug)]
pub struct RetryBudget {
    pub(super) kind: Kind,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Token(Arc<Named<Tokens>>),
    Share(Arc<Named<Share>>),
    Cost(Arc<Named<Costs>>),
}

/// Why a call is retried, where that decides what the retry costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The service answered badly, or not at all.
    #[default]
    Failure,
    /// It did not answer in time, and may still be at work.
    Timeout,
}

impl RetryBudget {
    /// A budget of tokens with its reserve full.
    #[must_use]
    pub fn token(name: Name, config: TokenBudget) -> Self {
        Self { kind: Kind::Token(register(name, Tokens::new(config))) }
    }

    /// A budget by the share of retries in flight.
    #[must_use]
    pub fn share(name: Name, config: ShareBudget) -> Self {
        Self { kind: Kind::Share(register(name, Share::new(config))) }
    }

    /// A budget by cost, full at first.
    #[must_use]
    pub fn cost(name: Name, config: CostBudget) -> Self {
        Self { kind: Kind::Cost(register(name, Costs::new(config))) }
    }

    /// The name under which the balance is published.
    pub fn name(&self) -> Name {
        match &self.kind {
            Kind::Token(tokens) => tokens.name,
            Kind::Share(share) => share.name,
            Kind::Cost(costs) => costs.name,
        }
    }

    /// The settings in force of a budget of tokens; `None` for another kind.
    pub fn token_config(&self) -> Option<TokenBudget> {
        match &self.kind {
            Kind::Token(tokens) => Some(tokens.state.config()),
            Kind::Share(_) | Kind::Cost(_) => None,
        }
    }

    /// The settings of a budget by share; `None` for another kind.
    pub fn share_config(&self) -> Option<ShareBudget> {
        match &self.kind {
            Kind::Share(share) => Some(share.state.config()),
            Kind::Token(_) | Kind::Cost(_) => None,
        }
    }

    /// The settings of a budget by cost; `None` for another kind.
    pub fn cost_config(&self) -> Option<CostBudget> {
        match &self.kind {
            Kind::Cost(costs) => Some(costs.state.config()),
            Kind::Token(_) | Kind::Share(_) => None,
        }
    }

    /// Has a budget of tokens go by `config` from `now` on. What is in it stays.
    ///
    /// First attempts deposit by the new ratio at once. The reserve grows by the new minimum from
    /// the next tenth of the [`ttl`](super::TokenBudgetBuilder::ttl) on, so that it has its new
    /// size when one `ttl` has passed.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] when `ttl` is another than this budget was made with, or it is a budget
    /// of another kind. Nothing changes then.
    ///
    /// # Examples
    ///
    /// ```
    /// use resilience::{Name, Ratio, budget::{RetryBudget, TokenBudget}};
    /// use tokio::time::Instant;
    ///
    /// let budget = RetryBudget::token(Name::from_static("users-api"), TokenBudget::default());
    /// let less = TokenBudget::builder().ratio(Ratio::percent(5)).build()?;
    /// budget.update(less, Instant::now())?;
    /// assert_eq!(budget.token_config(), Some(less));
    /// # Ok::<(), resilience::ConfigErrors>(())
    /// ```
    pub fn update(&self, config: TokenBudget, now: Instant) -> Result<(), ConfigErrors> {
        let kind = match &self.kind {
            Kind::Token(tokens) => return tokens.state.update(|_| Ok(config), now),
            Kind::Share(_) => "share",
            Kind::Cost(_) => "cost",
        };
        let mut check = Check::default();
        check.that(false, "budget", "token", format_args!("{kind}, as it was made"));
        check.finish(())
    }

    /// Changes some settings of a budget of tokens, whatever else changes them at the same time;
    /// `None` for another kind.
    #[cfg(feature = "wire")]
    pub(crate) fn update_with<E: From<ConfigErrors>>(
        &self,
        change: impl FnOnce(TokenBudget) -> Result<TokenBudget, E>,
        now: Instant,
    ) -> Option<Result<(), E>> {
        match &self.kind {
            Kind::Token(tokens) => Some(tokens.state.update_or(change, now)),
            Kind::Share(_) | Kind::Cost(_) => None,
        }
    }

    /// Notes that a first attempt begins at `now`: it deposits, and counts as in flight.
    #[inline]
    pub fn begin(&self, now: Instant) -> InFlight {
        InFlight(match &self.kind {
            Kind::Token(tokens) => {
                tokens.state.deposit(now);
                Call::Untold
            }
            Kind::Share(share) => {
                share.state.begin();
                Call::Share(Arc::clone(share))
            }
            Kind::Cost(costs) => Call::Cost(Arc::clone(costs)),
        })
    }

    /// Asks for one retry at `now`; `None`: there is nothing to pay it from.
    #[must_use = "a retry that was not granted is what the budget is there to stop"]
    pub fn withdraw(&self, now: Instant, cause: Cause) -> Option<Granted> {
        let extra = match &self.kind {
            Kind::Token(tokens) => tokens.state.withdraw(now).then_some(Extra::Untold)?,
            Kind::Share(share) => {
                share.state.withdraw().then(|| Extra::Share(Arc::clone(share)))?
            }
            Kind::Cost(costs) => {
                let paid = costs.state.withdraw(cause)?;
                Extra::Cost { costs: Arc::clone(costs), paid }
            }
        };
        Some(Granted(extra))
    }

    /// Notes that an extra attempt begins that nobody asked this budget for, such as a hedge of
    /// another library: it adds to what is in flight.
    pub fn begin_extra(&self) -> Granted {
        Granted(match &self.kind {
            Kind::Share(share) => {
                share.state.begin_retry();
                Extra::Share(Arc::clone(share))
            }
            Kind::Token(_) | Kind::Cost(_) => Extra::Untold,
        })
    }

    /// The retries after a failure that would be granted at `now`.
    pub fn balance(&self, now: Instant) -> u64 {
        match &self.kind {
            Kind::Token(tokens) => tokens.state.balance(now),
            Kind::Share(share) => share.state.balance(now),
            Kind::Cost(costs) => costs.state.balance(now),
        }
    }
}

fn register<T: Balance + 'static>(name: Name, state: T) -> Arc<Named<T>> {
    let named = Arc::new(Named { name, state });
    let weak: Weak<dyn Instance> = Arc::downgrade(&named) as _;
    registry::register(name, weak);
    named
}
