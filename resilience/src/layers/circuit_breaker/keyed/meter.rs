use crate::meter::{Kind, Meter};

/// What happened to keys, as an index of [`KEYS`].
#[derive(Clone, Copy, Debug)]
pub(super) enum KeyEvent {
    Made,
    Idle,
    Evicted,
    Overflowed,
    TooLong,
}

pub(super) static KEYS: Kind = Kind {
    metric: "resilience_keyed_circuit_breaker_keys_total",
    help: "Keys that were made, that left because they were idle or evicted for others, and calls \
           that shared a breaker because no key could leave or theirs was too long.",
    label: "event",
    outcomes: &["made", "idle", "evicted", "overflowed", "too_long"],
};

/// What happened to the keys of one name, since the process began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyCounts {
    /// Keys that were given a breaker of their own; one that comes back counts again.
    pub made: u64,
    /// Keys that left because they were not used.
    pub idle: u64,
    /// Keys that left because another one needed the place.
    pub evicted: u64,
    /// Calls through the shared breaker, because no key could leave.
    pub overflowed: u64,
    /// Calls through the shared breaker, because their key was too long.
    pub too_long: u64,
}

impl KeyCounts {
    pub(super) fn of(meter: &Meter) -> Self {
        let total = |event: KeyEvent| meter.total(event as usize);
        Self {
            made: total(KeyEvent::Made),
            idle: total(KeyEvent::Idle),
            evicted: total(KeyEvent::Evicted),
            overflowed: total(KeyEvent::Overflowed),
            too_long: total(KeyEvent::TooLong),
        }
    }
}
