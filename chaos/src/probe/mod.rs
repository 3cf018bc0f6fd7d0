//! Looks at a service from outside: its metrics, and its database behind its back.

mod database;
mod scrape;

pub use database::{Stored, StoredKey, StoredOrder, stored};
pub use scrape::{BreakerState, UserCounters, breaker, policies, scrape};
