//! Budgets: how many retries a service may add to its own traffic.
//!
//! Retries help while failures are few and make an outage worse when they are many. A budget
//! ties them to the calls that are made, in one of three ways; see [`RetryBudget`].
//! `keyed` (feature `keyed`) has one budget for each host, route or tenant.
//! The [guide](crate::guide::budget) says which one to use and how it goes wrong.

mod config;
mod cost;
mod deposits;
mod guard;
#[cfg(feature = "keyed")]
pub mod keyed;
mod named;
mod reserve;
mod retry_budget;
mod share;
mod token;

pub use config::{TokenBudget, TokenBudgetBuilder};
pub use cost::{CostBudget, CostBudgetBuilder};
pub use guard::{Granted, InFlight};
pub use retry_budget::{Cause, RetryBudget};
pub use share::{ShareBudget, ShareBudgetBuilder};

#[cfg(test)]
#[cfg(resilience_model)]
mod models;
#[cfg(test)]
mod tests;
