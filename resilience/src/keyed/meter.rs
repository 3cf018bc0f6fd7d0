use crate::meter::Meter;

/// What happened to keys, as an index of [`KEY_EVENTS`].
#[derive(Clone, Copy, Debug)]
pub(super) enum KeyEvent {
    Made,
    Idle,
    Evicted,
    Overflowed,
    TooLong,
}

/// The outcomes of a meter of keys.
pub(crate) const KEY_EVENTS: &[&str] = &["made", "idle", "evicted", "overflowed", "too_long"];

/// What happened to the keys of one name, since the process began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyCounts {
    /// Keys that were given a place of their own; one that comes back counts again.
    pub made: u64,
    /// Keys that left because they were not used.
    pub idle: u64,
    /// Keys that left because another one needed the place.
    pub evicted: u64,
    /// Calls that shared the overflow, because no key could leave.
    pub overflowed: u64,
    /// Calls that shared the overflow, because their key was too long.
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
