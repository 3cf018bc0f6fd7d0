//! What this machine can do, and how to get the rest.
//!
//! [`Facts`] are gathered from the machine, [`diagnose`] judges them without looking anywhere.

mod diagnosis;
mod facts;
mod version;

pub use diagnosis::{Finding, Need, diagnose};
pub use facts::Facts;
pub use version::Version;
