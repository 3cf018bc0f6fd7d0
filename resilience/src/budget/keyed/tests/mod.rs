//! Many budgets under one name; what one budget does is tested beside it.

use std::time::Duration;

use tokio::time::{Instant, advance};

use super::{Config, KeyedRetryBudget};
use crate::{
    budget::{Cause, CostBudget, RetryBudget, ShareBudget, TokenBudget},
    keyed::Key,
    name::Name,
    ratio::Ratio,
};

mod cap;
mod idle;
mod look;
mod threads;

const TTL: Duration = Duration::from_secs(10);
const IDLE_FOR: Duration = Duration::from_mins(1);
/// The retries that a new budget of tokens grants.
const RESERVE: u64 = 10;

/// A reserve of ten retries, and a tenth of one for each call.
fn tokens() -> TokenBudget {
    TokenBudget::builder().ttl(TTL).min_per_sec(1).ratio(Ratio::percent(10)).build().unwrap()
}

fn budgets(name: &'static str, max_keys: usize) -> KeyedRetryBudget {
    let config = Config::builder(tokens()).max_keys(max_keys).idle_for(IDLE_FOR).build().unwrap();
    KeyedRetryBudget::unlisted(Name::from_static(name), config)
}

/// Takes up to `most` retries, and returns how many were granted.
fn spend(budget: &RetryBudget, most: u64) -> u64 {
    let grant = |_: &u64| budget.withdraw(Instant::now(), Cause::Failure).is_some();
    (0..most).take_while(grant).count() as u64
}

/// The keys that there are, as text.
fn keys(budgets: &KeyedRetryBudget) -> Vec<String> {
    budgets.snapshots(None, usize::MAX).iter().map(|one| one.key.to_string()).collect()
}
