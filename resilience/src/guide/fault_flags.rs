//! Faults by feature flag: who may break what, for how long, and who forgets to end it?
//!
//! Reference: [`flags`](crate::flags).
//!
//! # What it does
//!
//! A flag has a name, says for which fault layers it is, whether it is on, and which plan it arms. You
//! keep it where you keep your other flags, and switch it while the service runs.
//!
//! ```text
//!   file        faults.toml  --.
//!   environment FAULT_FLAGS  --|   asked by a task,      .-> switch of "users-api"
//!   OpenFeature provider     --+-> now and then   Flags -+-> switch of "stock"
//!   operator    PUT /flags/..--'                         '-> ...
//!
//!   request     x-fault-plan, signed ------------------------> that request alone
//! ```
//!
//! No call asks a source. What is armed is one plan in each switch, as if armed by hand.
//!
//! # When, and when not
//!
//! Use it for exercises that somebody switches on and others must be able to see and end: in
//! staging always, in production with a small rate, a cap, and an expiry of minutes. Use the signed
//! header for a test that must hit its own requests in a system that others use.
//!
//! Leave it out
//!
//! - of a test in one process: [arm the switch](super::fault_injection);
//! - as a switch for features. It only knows faults.
//!
//! # Defaults, and where they come from
//!
//! | setting | default | reason |
//! |---|---|---|
//! | `enabled` | on | a flag that is written down is meant |
//! | `expires_in` | 10 min, at most 24 h | long enough to look, short enough to forget |
//! | flags of one source | at most 64 | more is no longer an exercise |
//! | a header's expiry | at most 24 h ahead | it can be sent again until then |
//! | calls under a header's fault | at most 100 at once | the caller chooses how many to send |
//!
//! ```
//! # #[cfg(feature = "flags")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use resilience::Name;
//! use resilience::fault::{FaultLayer, FaultSwitch};
//! use resilience::flags::{FlagSet, Flags};
//! use resilience::wire::FlagStatus;
//!
//! let switch = FaultSwitch::new();
//! let faults = FaultLayer::new(Name::from_static("stock"), switch.clone());
//!
//! let flags = Flags::new();
//! flags.put("file faults.json", FlagSet::from_json(r#"{
//!     "slow-stock": { "policy": "stock", "plan": {
//!         "fault": { "random_latency": { "uniform": { "from": "100ms", "to": "400ms" } } },
//!         "rate": 0.1, "sticky_by": { "header": "x-user" }, "expires_in": "5m" } }
//! }"#)?);
//! assert_eq!(flags.states().flags[0].status, FlagStatus::Armed);
//!
//! // Somebody ends it by hand. The flag is still on, and does not arm it again.
//! switch.disarm();
//! flags.refresh();
//! assert_eq!(flags.states().flags[0].status, FlagStatus::Ended);
//! # drop(faults);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "flags"))]
//! # fn main() {}
//! ```
//!
//! # Sharing
//!
//! One [`Flags`](crate::flags::Flags) for a process. It finds fault layers by name, also those that
//! are made later.
//!
//! # Cancellation
//!
//! A task that follows a source and is dropped leaves what the source said last. Expiries
//! do not need it: a plan ends by itself.
//!
//! # Errors
//!
//! A source that cannot be read, or says something wrong, changes nothing, and says so in the log, in
//! the list of flags and on the page of the dashboard. A header that is forged, expired, too long or
//! wrong is refused with [`Reason::FaultHeader`](crate::Reason::FaultHeader).
//!
//! # Anti-patterns
//!
//! ## A flag as a switch of its own expiry
//!
//! Who switches a flag off and on each hour has made a fault without an end. Make the plan longer, up
//! to 24 h, or ask why it has to be there all the time.
//!
//! ## Chance for what users see
//!
//! With a rate alone each request of a user has its own luck, and nobody can repeat what a user
//! tells. Take `sticky_by` and a header with the user: one in ten users is then always hit.
//!
//! ## One key for all
//!
//! Who has the key of the header can break every service that trusts it. Give each service a key of
//! its own, and none to the one that faces the internet.
