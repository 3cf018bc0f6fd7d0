//! A service that does what a case tells it, and layers around it as a case wants them.

mod inner;
mod layers;
mod limits;
mod policy;
mod record;
mod retrying;
mod words;

pub(crate) use inner::{Ask, Plan, Progress, Script};
pub(crate) use layers::{Service, breaker, retry, timeout};
pub(crate) use limits::Limits;
pub(crate) use record::{Call, Record};
pub(crate) use retrying::Retrying;
pub(crate) use words::{Answer, Failure, Outcome, What, status, word};
