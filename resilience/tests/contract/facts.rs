//! What the suite has to know of a layer beyond its type.

use std::time::Duration;

use resilience::Reason;

/// How a layer differs from one that passes every call on at once.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) wait: Wait,
    pub(crate) refusals: Refusals,
}

/// A wait that the layer makes itself, in which nothing inside it runs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wait {
    /// Before the service is called.
    Before(Duration),
    /// After an attempt that failed, before the next.
    AfterFailure(Duration),
    /// It has none, for this reason.
    None(&'static str),
}

/// The ways in which the layer itself refuses or ends a call.
#[derive(Clone, Debug)]
pub(crate) enum Refusals {
    When(&'static [(Cause, Reason)]),
    /// It refuses nothing, for this reason.
    Never(&'static str),
}

/// What makes a layer refuse a call, after the service inside reported ready.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cause {
    /// That many calls of others failed.
    Failures(usize),
    /// As `Failures`, then this wait, and then another call that takes the only probe.
    ProbeTaken(usize, Duration),
    /// The service does not answer for this long.
    Limit(Duration),
    /// The service does not answer before the request's deadline, this long after the call.
    Deadline(Duration),
    /// The request's deadline had passed before the call.
    DeadlinePassed,
    /// The request asks for it, see [`Ping::refused`](super::stage::Ping::refused).
    Request,
}

impl Cause {
    /// Whether the service is called before the refusal.
    pub(crate) const fn is_sent(self) -> bool {
        matches!(self, Self::Limit(_) | Self::Deadline(_))
    }
}

/// Says, in words, that a property has nothing to check.
pub(crate) fn does_not_apply(why: &str) {
    println!("does not apply: {why}");
}
