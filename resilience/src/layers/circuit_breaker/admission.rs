//! Who may pass.

use std::{pin::pin, time::Duration};

use tokio::time::{Instant, timeout_at};

use super::{
    gate::Sight,
    machine::Answer,
    meter::End,
    shared::{FOR_EVER, Shared},
};
use crate::{
    attempt_span,
    error::{Reason, Rejected},
    event::State,
    name::Name,
    sync::Ordering,
    time::{self, nanos_since},
    window::Tally,
};

/// A pass, to be given back with what the call came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pass {
    pub(super) epoch: u64,
    pub(super) is_probe: bool,
    /// When the call began, where its length matters.
    pub(super) began: Option<Instant>,
    /// Whether it has been told that the call runs for longer than is slow.
    pub(super) is_overdue: bool,
}

/// What a caller that may not pass is told, in short: a rejection is three times as long, and
/// would be moved from hand to hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    reason: Reason,
    /// When a place may be free, if that is known.
    retry_at: Option<Instant>,
}

impl Refused {
    #[inline]
    pub(super) fn by(self, name: Name) -> Rejected {
        let rejected = Rejected::new(name, self.reason);
        match self.retry_at {
            Some(at) => rejected.with_retry_at(at),
            None => rejected,
        }
    }
}

impl Pass {
    /// Whether the call is neither a probe nor known to be slow.
    pub(super) const fn is_ordinary(&self) -> bool {
        !self.is_probe && !self.is_overdue
    }
}

impl Shared {
    /// Whether every caller gets a pass.
    #[inline]
    pub(super) fn passes(&self) -> bool {
        self.gate.look(Ordering::Acquire).passes()
    }

    /// Whether a caller would be refused at this moment; takes nothing.
    #[inline]
    pub(super) fn peek(&self, now: impl FnOnce() -> Instant) -> Result<(), Refused> {
        let sight = self.gate.look(Ordering::Acquire);
        if sight.passes() {
            return Ok(());
        }
        self.refusal(sight, now()).map_or(Ok(()), Err)
    }

    /// A pass, if every call gets one and none is timed: nobody needs to know the time then.
    #[inline]
    pub(super) fn pass_untimed(&self) -> Option<Pass> {
        let sight = self.gate.look(Ordering::Acquire);
        let epoch = sight.epoch();
        let pass = Pass { epoch, is_probe: false, began: None, is_overdue: false };
        sight.passes_untimed().then_some(pass)
    }

    /// A pass, if every call gets one.
    #[inline]
    pub(super) fn pass(&self, now: impl FnOnce() -> Instant) -> Option<Pass> {
        let sight = self.gate.look(Ordering::Acquire);
        sight.passes().then(|| {
            let began = sight.is_timed().then(now);
            Pass { epoch: sight.epoch(), is_probe: false, began, is_overdue: false }
        })
    }

    /// Tells the span of the attempt, if there is one, in which state the breaker has let the
    /// call pass.
    #[inline]
    pub(super) fn note_pass(&self, pass: &Pass) {
        if attempt_span::is_wanted() {
            self.note_passed(pass.is_probe);
        }
    }

    /// Tells it in which state the breaker has refused the call.
    #[inline]
    pub(super) fn note_refusal(&self, refused: &Refused) {
        if attempt_span::is_wanted() {
            self.note_refused(refused.reason);
        }
    }

    // Apart, and given no more than they need: a pass that is handed to a function is written to memory
    // for that, also by calls that nobody traces.

    #[cold]
    #[inline(never)]
    fn note_passed(&self, is_probe: bool) {
        let sight = self.gate.look(Ordering::Relaxed);
        attempt_span::note_breaker(|| state_of_pass(is_probe, sight).as_str());
    }

    #[cold]
    #[inline(never)]
    fn note_refused(&self, reason: Reason) {
        let sight = self.gate.look(Ordering::Relaxed);
        attempt_span::note_breaker(|| state_of_refusal(reason, sight).as_str());
    }

    /// Asks to pass.
    pub(super) fn acquire(&self, now: impl Fn() -> Instant) -> Result<Pass, Refused> {
        if let Some(pass) = self.pass(&now) {
            return Ok(pass);
        }
        let now = now();
        match self.refusal(self.gate.look(Ordering::Acquire), now) {
            Some(refused) => Err(refused),
            None => self.acquire_by_machine(false, now),
        }
    }

    /// Asks to pass for a caller that waits until it can.
    pub(super) async fn acquire_in_turn(&self) -> Pass {
        if let Some(pass) = self.pass(time::read) {
            return pass;
        }
        loop {
            // Before the question: a change between the two is then not missed.
            let mut changed = pin!(self.changes.notified());
            changed.as_mut().enable();
            if let Ok(pass) = self.acquire_by_machine(true, time::read()) {
                return pass;
            }
            let due = self.lock().due();
            match due {
                // Either is a reason to ask again.
                Some(due) => _ = timeout_at(due, changed).await,
                None => changed.await,
            }
        }
    }

    fn acquire_by_machine(&self, waits: bool, now: Instant) -> Result<Pass, Refused> {
        let (answer, epoch) = self.step(now, |machine, moment| machine.acquire(waits, moment));
        let began = self.gate.look(Ordering::Relaxed).is_timed().then_some(now);
        match answer {
            Answer::Pass => Ok(Pass { epoch, is_probe: false, began, is_overdue: false }),
            Answer::Probe => Ok(Pass { epoch, is_probe: true, began, is_overdue: false }),
            Answer::Refuse { reason, retry_at } => Err(Refused { reason, retry_at }),
        }
    }

    /// The refusal that needs no lock to know.
    #[inline]
    fn refusal(&self, sight: Sight, now: Instant) -> Option<Refused> {
        let until = self.refuse_until.load(Ordering::Acquire);
        let free_probes = self.free_probes.load(Ordering::Acquire);
        // The time may be that of a later state: then the lock must tell.
        let is_same = self.gate.look(Ordering::Relaxed) == sight;
        if !is_same || nanos_since(self.origin, now) >= until {
            return None;
        }
        if sight.is_open() {
            let retry_at = || self.origin + Duration::from_nanos(until);
            let retry_at = (until != FOR_EVER).then(retry_at);
            return Some(Refused { reason: Reason::CircuitOpen, retry_at });
        }
        // When a place gets free is not known.
        (sight.is_half_open() && free_probes == 0)
            .then_some(Refused { reason: Reason::ProbesTaken, retry_at: None })
    }

    /// The refusals of `epoch`.
    pub(super) fn refused_in(&self, epoch: u64) -> u32 {
        self.refused.iter().fold(0, |sum, stripe| sum.saturating_add(stripe.count(epoch)))
    }

    /// Counts a refusal that a caller was given.
    #[inline]
    pub(super) fn count_refusal(&self) {
        self.meter.count(End::Refused as usize);
        let (mine, epoch) = (self.refused.mine(Tally::default), self.gate.look(Ordering::Relaxed));
        if mine.alone {
            mine.stripe.add_alone(epoch.epoch());
        } else {
            mine.stripe.add(epoch.epoch());
        }
    }
}

/// The state in which a call was let pass, as far as `sight` can tell: the breaker may have left it
/// since, and only those who trace would need it kept.
const fn state_of_pass(is_probe: bool, sight: Sight) -> State {
    match is_probe {
        true => State::HalfOpen,
        false if sight.passes() => sight.state(),
        false => State::Closed,
    }
}

/// The same for a call that was refused.
const fn state_of_refusal(reason: Reason, sight: Sight) -> State {
    match reason {
        Reason::ProbesTaken => State::HalfOpen,
        _ if sight.is_open() => sight.state(),
        _ => State::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::{Reason, Sight, State, state_of_pass, state_of_refusal};

    #[test]
    fn the_state_of_a_decision_is_told_after_the_breaker_has_left_it() {
        let now_in = |state| Sight::new(state, 7);
        for state in State::ALL {
            let sight = now_in(state);
            let (passed, probed) = (state_of_pass(false, sight), state_of_pass(true, sight));
            assert_eq!(probed, State::HalfOpen, "{state:?}");
            assert_eq!(passed, if sight.passes() { state } else { State::Closed });
            let refused = state_of_refusal(Reason::CircuitOpen, sight);
            assert_eq!(refused, if sight.is_open() { state } else { State::Open });
            assert_eq!(state_of_refusal(Reason::ProbesTaken, sight), State::HalfOpen);
        }
    }
}
