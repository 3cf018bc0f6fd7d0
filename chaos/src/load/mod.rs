//! Places orders on a schedule that does not wait for answers.
//!
//! Latency counts from the moment an order was meant to be placed, so a system that stalls
//! is charged for the orders that queued behind the stall. An order that could not be sent
//! is a failed order, never a dropped one.

mod arrival;
mod client;
mod generator;
mod progress;
mod trickle;

pub use arrival::{Arrival, arrivals};
pub use client::{OrderClient, UserClient};
pub use generator::{Load, generate};
pub use progress::Tally;
pub use trickle::trickle;
