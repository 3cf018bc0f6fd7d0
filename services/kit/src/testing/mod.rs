//! Starts services and asks them, for their tests.
//!
//! Everything that waits has a bound, and a failure panics with what was seen.

mod answer;
mod process;

pub use self::{
    answer::{Answer, ask},
    process::{Running, refusal},
};
