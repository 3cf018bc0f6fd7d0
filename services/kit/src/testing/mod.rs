//! Starts services and asks them, for their tests.
//!
//! Everything that waits has a bound, and a failure panics with what was seen.

mod answer;
mod collector;
mod process;

pub use self::{
    answer::{Answer, ask},
    collector::{Collected, Collector},
    process::{Running, refusal},
};
