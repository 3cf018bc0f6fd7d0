//! Faults that feature flags arm and disarm.
//!
//! A [`Flag`](crate::wire::Flag) says whether a fault plan is armed, in the fault layers of which
//! name, at which rate and for whom. [`Flags`] holds the flags of the process, brings what they say
//! to the [switches](crate::fault::FaultSwitch) of these layers, and knows what has become of each.
//!
//! Flags come from sources: [`StaticFlags`], the [environment](EnvFlags), a [file](FileFlags), an
//! `OpenFeature` provider, a [`FlagSource`] of your own, or an operator through
//! `admin::router_with_flags`. A task asks a source now and then, and a call never does: what
//! is armed is what the call sees. A trusted caller can ask for a fault in its own request, by
//! `header::HeaderFaultLayer`.
//!
//! # Armed once
//!
//! A flag arms its plan when it is switched on or changes, and not again. A plan that has expired,
//! has hit all that it may, or was disarmed by hand stays ended though its flag is still on: what
//! was forgotten in a file ends. To arm it again, switch the flag off and on. A process that starts
//! anew finds each flag that is on just switched on.
//!
//! A flag that goes off, or out of its source, disarms its plan and no other.
//!
//! # Two sources
//!
//! Flags of one name from two sources are one flag, and what the source with the higher rank says of
//! it counts: that of the operator, then the others in the order in which they came.
//! An operator can so switch off what a file says. What two flags arm in one
//! layer replaces each other: a fault layer has one fault at a time.
//!
//! # Examples
//!
//! ```
//! use resilience::Name;
//! use resilience::fault::{FaultLayer, FaultSwitch};
//! use resilience::flags::{FlagSet, Flags};
//!
//! let switch = FaultSwitch::new();
//! let layer = FaultLayer::new(Name::from_static("mail-api"), switch.clone());
//!
//! let flags = Flags::new();
//! flags.put("release-notes", FlagSet::from_json(r#"{
//!     "slow-mail": {
//!         "policy": "mail-api",
//!         "plan": { "fault": { "latency": { "delay": "250ms" } }, "rate": 0.2, "expires_in": "5m" }
//!     }
//! }"#)?);
//! assert!(switch.status().armed.is_some());
//!
//! flags.put("release-notes", FlagSet::new());
//! assert!(switch.status().armed.is_none());
//! # Ok::<(), resilience::flags::FlagError>(())
//! ```

mod board;
mod document;
mod env;
mod file;
#[cfg(feature = "http")]
pub mod header;
mod registered;
mod set;
mod source;
mod state;

#[cfg(feature = "open-feature")]
mod open_feature;

pub use env::EnvFlags;
pub use file::FileFlags;
#[cfg(feature = "open-feature")]
pub use open_feature::OpenFeatureFlags;
pub use registered::Flags;
pub use set::{FlagError, FlagSet};
pub use source::{FlagSource, StaticFlags};

#[cfg(test)]
mod tests;
