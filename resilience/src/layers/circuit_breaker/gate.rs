//! The one word that a call through a closed breaker reads.

use crate::{
    event::State,
    sync::{AtomicU64, Ordering},
};

// The state in the lowest three bits, then the watch bit, then the epoch. What passes comes
// first, so that one comparison tells.
const STATE_BITS: u64 = 0b111;
const CLOSED: u64 = 0;
const METRICS_ONLY: u64 = 1;
const DISABLED: u64 = 2;
const OPEN: u64 = 3;
const FORCED_OPEN: u64 = 4;
const HALF_OPEN: u64 = 5;
/// Failures are in the window, but not enough results: successes must look, too.
const WATCH: u64 = 0b1000;
/// Calls are timed.
const TIMED: u64 = 0b1_0000;
/// Results go to another ledger than the first.
const MOVED: u64 = 0b10_0000;
const EPOCH_SHIFT: u32 = 6;

/// Written by none but at a change of state, and read by every call.
#[derive(Debug)]
pub(super) struct Gate(AtomicU64);

/// What a gate said at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sight(u64);

impl Sight {
    pub(super) const fn new(state: State, epoch: u64) -> Self {
        let state = match state {
            State::Closed => CLOSED,
            State::MetricsOnly => METRICS_ONLY,
            State::Disabled => DISABLED,
            State::Open => OPEN,
            State::ForcedOpen => FORCED_OPEN,
            State::HalfOpen => HALF_OPEN,
        };
        Self(epoch << EPOCH_SHIFT | state)
    }

    /// The same where calls are timed, if they are.
    pub(super) const fn timed(self, is_timed: bool) -> Self {
        if is_timed { Self(self.0 | TIMED) } else { self }
    }

    /// The same where results go to another ledger than the first, if they do.
    pub(super) const fn moved(self, has_moved: bool) -> Self {
        if has_moved { Self(self.0 | MOVED) } else { self }
    }

    pub(super) const fn epoch(self) -> u64 {
        self.0 >> EPOCH_SHIFT
    }

    /// The state that it shows.
    pub(super) const fn state(self) -> State {
        match self.0 & STATE_BITS {
            CLOSED => State::Closed,
            METRICS_ONLY => State::MetricsOnly,
            DISABLED => State::Disabled,
            OPEN => State::Open,
            FORCED_OPEN => State::ForcedOpen,
            _ => State::HalfOpen,
        }
    }

    /// Whether every call passes.
    pub(super) const fn passes(self) -> bool {
        self.0 & STATE_BITS <= DISABLED
    }

    /// Whether every call passes and none is timed.
    pub(super) const fn passes_untimed(self) -> bool {
        self.0 & (STATE_BITS | TIMED) <= DISABLED
    }

    pub(super) const fn is_timed(self) -> bool {
        self.0 & TIMED != 0
    }

    pub(super) const fn has_moved(self) -> bool {
        self.0 & MOVED != 0
    }

    pub(super) const fn is_disabled(self) -> bool {
        self.0 & STATE_BITS == DISABLED
    }

    pub(super) const fn is_open(self) -> bool {
        matches!(self.0 & STATE_BITS, OPEN | FORCED_OPEN)
    }

    pub(super) const fn is_half_open(self) -> bool {
        self.0 & STATE_BITS == HALF_OPEN
    }

    pub(super) const fn is_watched(self) -> bool {
        self.0 & WATCH != 0
    }
}

impl Gate {
    pub(super) fn new(sight: Sight) -> Self {
        Self(AtomicU64::new(sight.0))
    }

    #[inline]
    pub(super) fn look(&self, order: Ordering) -> Sight {
        Sight(self.0.load(order))
    }

    pub(super) fn set(&self, sight: Sight, order: Ordering) {
        self.0.store(sight.0, order);
    }

    /// Sets or clears the watch bit of `epoch`; `true` when that changed it.
    pub(super) fn watch(&self, epoch: u64, on: bool) -> bool {
        // In one order with the results in the window: who sees no bit is seen by who sets it.
        let seen = self.look(Ordering::SeqCst);
        let wanted = if on { seen.0 | WATCH } else { seen.0 & !WATCH };
        seen.epoch() == epoch
            && wanted != seen.0
            && self.0.compare_exchange(seen.0, wanted, Ordering::SeqCst, Ordering::Relaxed).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{Gate, Ordering, Sight};
    use crate::event::State;

    #[test]
    fn a_sight_tells_each_thing_that_was_put_into_it_and_nothing_else() {
        for state in State::ALL {
            for bits in 0..8 {
                let [is_timed, has_moved, is_watched] = [1, 2, 4].map(|bit| bits & bit != 0);
                let epoch = 0x2a_bcde_f012 + bits;
                let gate = Gate::new(Sight::new(state, epoch).timed(is_timed).moved(has_moved));
                assert_eq!(gate.watch(epoch, is_watched), is_watched);
                let sight = gate.look(Ordering::Relaxed);

                let told = (sight.epoch(), sight.is_timed(), sight.has_moved(), sight.is_watched());
                assert_eq!(told, (epoch, is_timed, has_moved, is_watched), "{state:?}");
                #[cfg(feature = "keyed")]
                assert_eq!(sight.state(), state);
                let passes = matches!(state, State::Closed | State::MetricsOnly | State::Disabled);
                assert_eq!(sight.passes(), passes, "{state:?}");
                assert_eq!(sight.passes_untimed(), passes && !is_timed, "{state:?} {bits}");
                assert_eq!(sight.is_disabled(), state == State::Disabled);
                assert_eq!(sight.is_open(), matches!(state, State::Open | State::ForcedOpen));
                assert_eq!(sight.is_half_open(), state == State::HalfOpen);
            }
        }
    }

    #[test]
    fn the_watch_bit_is_set_in_its_epoch_alone_and_tells_whether_it_changed() {
        let gate = Gate::new(Sight::new(State::Closed, 7));
        assert!(!gate.watch(6, true), "an epoch that is over");
        assert!(!gate.watch(7, false), "it is not set");
        assert!(gate.watch(7, true));
        assert!(!gate.watch(7, true), "it is set already");
        assert!(gate.look(Ordering::Relaxed).is_watched());
        assert!(gate.watch(7, false));
        assert!(!gate.look(Ordering::Relaxed).is_watched());
    }
}
