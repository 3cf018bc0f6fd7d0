//! The settings of one policy, read and replaced as a whole.

mod breaker;
mod budget;
mod limit;
mod replace;
mod retry;
mod routes;
mod shown;
mod tag;

pub(super) use routes::{read, replace};
