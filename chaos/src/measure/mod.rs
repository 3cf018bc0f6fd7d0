//! What a run yields: its calls, how they ended, the times and counts that were seen.
//!
//! Plain values without clocks, sockets or processes.

mod call;
mod effect;
mod event;
mod exposition;
mod latency;
mod limits;
mod order;
mod outcome;
mod policies;
mod tag;

pub use call::{Call, Repeat};
pub use effect::Effect;
pub use event::Event;
pub use exposition::Exposition;
pub use latency::Latency;
pub use limits::Limits;
pub use order::Order;
pub use outcome::Outcome;
pub use policies::Policies;
pub use tag::Tag;
