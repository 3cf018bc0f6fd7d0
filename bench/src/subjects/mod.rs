//! Those that are compared: for each, how its parts are made, with the same settings everywhere.

pub(crate) mod failsafe;
pub(crate) mod ours;
pub(crate) mod recloser;
pub(crate) mod seatbelt;
pub(crate) mod tower;
pub(crate) mod tower_resilience;

use std::time::Duration;

/// Failures in a row at which a breaker with that rule opens.
pub(crate) const IN_A_ROW: u32 = 5;

/// Results that a breaker with a rate needs before it judges.
pub(crate) const MIN_CALLS: u32 = 20;

/// The span of a time window.
pub(crate) const SPAN: Duration = Duration::from_secs(10);

/// A wait or limit that no measurement reaches.
pub(crate) const LONG: Duration = Duration::from_hours(1);

/// The limit of one attempt.
pub(crate) const ATTEMPT: Duration = Duration::from_millis(250);

/// The limit of a whole request.
pub(crate) const WHOLE: Duration = Duration::from_secs(1);
