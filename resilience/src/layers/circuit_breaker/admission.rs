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
    error::{Reason, Rejected},
    sync::Ordering,
    time::{self, nanos_since},
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

impl Pass {
    /// Whether the call is neither a probe nor known to be slow.
    pub(super) const fn is_ordinary(&self) -> bool {
        !self.is_probe && !self.is_overdue
    }
}

impl Shared {
    /// Whether a caller would be refused at this moment; takes nothing.
    #[inline]
    pub(super) fn peek(&self, now: impl FnOnce() -> Instant) -> Result<(), Rejected> {
        let sight = self.gate.look(Ordering::Acquire);
        if sight.passes() {
            return Ok(());
        }
        self.refusal(sight, now()).map_or(Ok(()), Err)
    }

    /// A pass, if every call gets one.
    #[inline]
    pub(super) fn pass(&self, now: impl FnOnce() -> Instant) -> Option<Pass> {
        let sight = self.gate.look(Ordering::Acquire);
        sight.passes().then(|| {
            let began = self.times.then(now);
            Pass { epoch: sight.epoch(), is_probe: false, began, is_overdue: false }
        })
    }

    /// Asks to pass.
    pub(super) fn acquire(&self, now: impl Fn() -> Instant) -> Result<Pass, Rejected> {
        if let Some(pass) = self.pass(&now) {
            return Ok(pass);
        }
        let now = now();
        match self.refusal(self.gate.look(Ordering::Acquire), now) {
            Some(rejected) => Err(rejected),
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

    fn acquire_by_machine(&self, waits: bool, now: Instant) -> Result<Pass, Rejected> {
        let (answer, epoch) = self.step(now, |machine, moment| machine.acquire(waits, moment));
        let began = self.times.then_some(now);
        match answer {
            Answer::Pass => Ok(Pass { epoch, is_probe: false, began, is_overdue: false }),
            Answer::Probe => Ok(Pass { epoch, is_probe: true, began, is_overdue: false }),
            Answer::Refuse { reason, retry_at } => {
                let rejected = Rejected::new(self.name, reason);
                Err(match retry_at {
                    Some(at) => rejected.with_retry_at(at),
                    None => rejected,
                })
            }
        }
    }

    /// The refusal that needs no lock to know.
    fn refusal(&self, sight: Sight, now: Instant) -> Option<Rejected> {
        let until = self.refuse_until.load(Ordering::Acquire);
        let free_probes = self.free_probes.load(Ordering::Acquire);
        // The time may be that of a later state: then the lock must tell.
        let is_same = self.gate.look(Ordering::Relaxed) == sight;
        if !is_same || nanos_since(self.origin, now) >= until {
            return None;
        }
        if sight.is_open() {
            let rejected = Rejected::new(self.name, Reason::CircuitOpen);
            return Some(match until {
                FOR_EVER => rejected,
                until => rejected.with_retry_at(self.origin + Duration::from_nanos(until)),
            });
        }
        // When a place gets free is not known.
        (sight.is_half_open() && free_probes == 0)
            .then(|| Rejected::new(self.name, Reason::ProbesTaken))
    }

    /// Counts a refusal that a caller was given.
    #[inline]
    pub(super) fn count_refusal(&self) {
        self.meter.count(End::Refused as usize);
        self.refused.add(self.gate.look(Ordering::Relaxed).epoch());
    }
}
