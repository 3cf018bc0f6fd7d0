//! The client side: how one service calls another.
//!
//! A [`Client`] is the same to its caller whether it is guarded by the policies or bare, so
//! that the two can be compared under the same faults.

mod client;
mod error;
mod limits;
mod metered;
mod policy;
mod reload;
mod transport;

pub use self::{
    client::Client,
    error::{CallError, Cause, TransportError},
    limits::Limits,
    policy::{Policy, UnknownPolicy, Without},
    reload::{Look, PolicyFile},
    transport::{Settings, Transport},
};
