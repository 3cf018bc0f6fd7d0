//! The order service, asked as a router and as a process, beside a user service that does what
//! a test tells it.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod client;
mod crash;
mod idempotency;
mod operator;
mod process;
mod reload;
mod routes;
mod stacks;
mod state;
mod traces;
mod users;

#[cfg(feature = "sabotage")]
mod sabotage;
