//! The way of an operator to the policies of the services and to their flags for faults, through pages
//! of the dashboard.
//!
//! The dashboard holds no token. Each request of the page carries that of the operator, which is
//! passed on to the service it is meant for and to nobody else; who it belongs to and what it
//! allows is for the service to say. What the dashboard adds is the drawing.
//!
//! It is no way around the guards of a service: the same checks of host, origin and header that a
//! service makes of who asks it are made here of the page, because a service sees only that the
//! dashboard asks.

mod access;
mod admin;
mod changes;
mod flag_form;
mod flags;
mod form;
mod message;
mod routes;
mod seen;
mod stream;
mod watcher;

#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod key_tests;
#[cfg(test)]
mod lines;
#[cfg(test)]
mod tests;

pub(crate) use self::{
    access::Access,
    admin::client,
    routes::{Operators, router},
};
