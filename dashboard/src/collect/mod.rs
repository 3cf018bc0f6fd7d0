//! Asks the services, all at once and again and again.

mod clock;
mod collector;
mod exposition;
mod poll;
mod reading;
mod target;

pub use self::{
    collector::collect,
    target::{Target, parse_target},
};
