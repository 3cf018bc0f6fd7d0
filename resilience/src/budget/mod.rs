//! Budgets: how many retries a service may add to its own traffic.
//!
//! Retries help while failures are few and make an outage worse when they are many. A budget
//! ties them to the traffic that succeeds in being sent: each first attempt deposits a
//! fraction of a token, each retry takes a whole one.

mod config;
mod deposits;
mod token;

pub use config::{TokenBudget, TokenBudgetBuilder};
pub use token::RetryBudget;

#[cfg(test)]
mod tests;
