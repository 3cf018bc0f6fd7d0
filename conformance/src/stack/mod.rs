//! A service that does what a case tells it, and layers around it as a case wants them.

mod inner;
mod layers;
mod policy;
mod record;
mod words;

pub(crate) use inner::{Ask, Plan, Script};
pub(crate) use layers::{Service, breaker, retry, timeout};
pub(crate) use record::{Call, Record};
pub(crate) use words::{Answer, Failure, Outcome, What};
