//! What open pages are told: one message a tick, the same bytes for all of them.

mod live;
mod message;
mod stream;

pub use self::{
    live::{Feed, Live},
    stream::stream,
};
