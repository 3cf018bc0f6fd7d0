//! What the services share, and the one place where their stacks are composed.
//!
//! A service brings its configuration, its store and its routes; everything around them
//! comes from here, so that both services answer errors, health, metrics and signals alike:
//!
//! - [`config`] and [`process`] turn a command line into a running process,
//! - [`database`] opens `SQLite` the way a service that must not lose a write needs it,
//! - [`json`], [`page`] and [`problem`] are the edges of every handler,
//! - [`app`] adds health, state, metrics and the API description around the routes,
//! - [`serve`](mod@serve) runs the result until a signal and drains it,
//! - [`telemetry`] writes log lines and sends spans to a collector,
//! - [`operator`] is the port on which policies are seen and changed, and faults are armed,
//! - [`flags`] arm faults from a file and from the environment,
//! - [`inbound`] stands before the routes and injects the faults,
//! - [`outbound`] is the client side: how one service calls another.

pub mod app;
pub mod config;
pub mod database;
pub mod flags;
pub mod health;
pub mod inbound;
pub mod json;
pub mod metrics;
pub mod observe;
pub mod operator;
pub mod outbound;
pub mod page;
mod probe;
pub mod problem;
pub mod process;
pub mod serve;
pub mod state;
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;

pub use resilience::{Name, fault::FaultSwitch};
