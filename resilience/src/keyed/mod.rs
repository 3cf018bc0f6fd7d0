//! Keys of requests, and places for what a policy keeps of each.
//!
//! A policy around several hosts, routes or tenants can keep what it knows for each of them, by a
//! [key](KeyOf) that it takes out of the request: so do the circuit breakers of
//! `circuit_breaker::keyed` and the retry budgets of `budget::keyed`. Keys come out of requests,
//! and a caller can make up as many as it likes. So there is a cap on them, and those that are not
//! used leave; the modules of the policies say what else does.

mod bounds;
#[cfg(feature = "http")]
mod by_host;
mod clock;
mod keeper;
mod key;
mod key_of;
mod member;
mod meter;
mod places;
mod search;

#[cfg(feature = "http")]
pub use by_host::ByHost;
pub use key::{Key, KeyRef};
pub use key_of::{ByNumber, ByText, KeyOf, by_number, by_text};
pub use meter::KeyCounts;

pub(crate) use bounds::Bounds;
pub(crate) use keeper::Keeper;
pub(crate) use member::Member;
pub(crate) use meter::KEY_EVENTS;
pub(crate) use places::{Changing, Places, find};

#[cfg(test)]
mod tests;
