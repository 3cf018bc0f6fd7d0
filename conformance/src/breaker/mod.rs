//! A circuit breaker as a case wants it, and the two ways to reach one.

mod came;
mod deed;
mod half_open;
mod layer;
mod machine;
mod member;
mod name;
mod open_wait;
mod rules;
mod settings;
mod way;
mod window;

pub(crate) use came::Came;
pub(crate) use deed::Deed;
pub(crate) use layer::Layered;
pub(crate) use machine::Machine;
pub(crate) use member::{Begun, Member};
pub(crate) use name::name;
pub(crate) use settings::Settings;
pub(crate) use way::{Took, Way};
pub(crate) use window::{min_calls, rate, reachable, slow_call, window};
