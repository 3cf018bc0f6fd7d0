//! What a call came to, and what follows from it.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    admission::Pass,
    cancelled::Cancelled,
    ledger::{Entry, Ledger, Recorded, Verdict},
    machine::{Machine, Moment, Told},
    meter::{End, Ended},
    shared::Shared,
};
use crate::{
    sync::{Ordering, fence},
    time,
    window::{Mark, SlowCall},
};

impl Shared {
    /// When a call with this pass counts as slow though it has not ended, if it does.
    pub(super) fn overdue_at(&self, pass: &Pass) -> Option<Instant> {
        let began = pass.began.filter(|_| !pass.is_probe)?;
        let config = self.config();
        let slow = config.slow_call.filter(|_| config.counts_running_slow_calls)?;
        config.slow_call_rate()?;
        Some(time::after(began, slow.least()))
    }

    /// A call with this pass runs for longer than is slow.
    pub(super) fn is_overdue(&self, pass: &mut Pass, now: impl Fn() -> Instant) {
        let sight = self.gate.look(Ordering::Acquire);
        if sight.epoch() == pass.epoch && !sight.is_disabled() {
            pass.is_overdue = true;
            self.with_ledger(|ledger| {
                ledger.overdue().add(pass.epoch);
                self.judge(ledger, pass.epoch, None, None, &now);
            });
        }
    }

    /// Takes a pass back from a call that succeeded: what most calls come to, and little work.
    #[inline]
    pub(super) fn finish_success(
        &self,
        epoch: u64,
        began: Option<Instant>,
        now: impl Fn() -> Instant,
    ) {
        let end = self.finish_counted(epoch, began, Ended::SUCCESS, now);
        self.meter.count(end as usize);
    }

    /// Takes a pass back with what the call came to.
    #[inline(never)]
    pub(super) fn finish(&self, pass: Pass, ended: Ended, now: impl Fn() -> Instant) {
        if pass.is_overdue {
            self.with_ledger(|ledger| ledger.overdue().remove(pass.epoch));
        }
        let end = if pass.is_probe {
            self.finish_probe(pass, ended, now)
        } else {
            self.finish_counted(pass.epoch, pass.began, ended, now)
        };
        self.meter.count(end as usize);
    }

    /// Returns under what the call is counted.
    fn finish_probe(&self, pass: Pass, ended: Ended, now: impl Fn() -> Instant) -> End {
        let config = self.config();
        let failed = match ended.end {
            End::Ignored => None,
            End::Cancelled => (config.cancelled == Cancelled::Failure).then_some(true),
            End::RateLimited => Some(config.rate_limited.fails_probe),
            end => Some(end != End::Succeeded),
        };
        let now = now();
        let Some(failed) = failed else {
            self.step(now, |machine, moment| machine.probe_released(pass.epoch, moment));
            return ended.end;
        };
        let mark = Mark { failed, slow: is_slow(config.slow_call, pass.began, ended, || now) };
        let told = Told { mark, retry_after: ended.retry_after };
        let step = |machine: &mut Machine, moment: Moment<'_>| {
            machine.probe_ended(pass.epoch, told, moment)
        };
        match self.step(now, step) {
            (false, _) if ended.end != End::Cancelled => End::Stale,
            _ => ended.end,
        }
    }

    /// Returns under what the call is counted.
    #[inline(always)]
    fn finish_counted(
        &self,
        epoch: u64,
        began: Option<Instant>,
        ended: Ended,
        now: impl Fn() -> Instant,
    ) -> End {
        let sight = self.gate.look(Ordering::Acquire);
        // One way for both ledgers: with two of them, a compiler puts neither where it is used.
        let other = sight.has_moved().then(|| self.other_ledger()).flatten();
        let ledger = other.as_deref().map_or_else(|| self.first_ledger(), Arc::as_ref);
        let counts = sight.epoch() == epoch && !sight.is_disabled();
        let says_something = match ended.end {
            End::Succeeded | End::Failed | End::Panicked | End::RateLimited => true,
            End::Cancelled => counts && ledger.cancelled(epoch, &self.config(), &now),
            _ => false,
        };
        if !says_something {
            return ended.end;
        }
        if !counts {
            return if sight.epoch() == epoch { End::Ignored } else { End::Stale };
        }
        let slow = is_slow(ledger.slow_call(), began, ended, &now);
        let entry = Entry { end: ended.end, slow };
        let rate_limited = || self.config().rate_limited;
        let Some(recorded) = ledger.record(epoch, entry, rate_limited, &now) else {
            return if ended.end == End::Cancelled { ended.end } else { End::Stale };
        };
        // A success cannot raise a rate, so it looks only when time may have done so, or
        // when it may be the result that a minimum was waiting for. The load pairs with the
        // one that sets the watch bit: either that one's sum has this result, or this load
        // sees the bit.
        if Ledger::may_trip(entry, recorded) || self.gate.look(Ordering::SeqCst).is_watched() {
            self.judge(ledger, epoch, Some(recorded), ended.retry_after, &now);
        }
        ended.end
    }

    #[inline(never)]
    pub(super) fn judge(
        &self,
        ledger: &Ledger,
        epoch: u64,
        recorded: Option<Recorded>,
        retry_after: Option<Duration>,
        now: &impl Fn() -> Instant,
    ) {
        loop {
            let met = self.met.count(epoch);
            // Pairs with itself in the call by `update`: either the settings loaded here are the
            // last ones, or who brought those sees the result.
            fence(Ordering::SeqCst);
            let verdict = ledger.judge(epoch, recorded, met, &self.config(), now);
            let has_changed = match verdict {
                Verdict::Trip(reason) => {
                    self.step(now(), |machine, moment| {
                        machine.trip(epoch, reason, retry_after, moment);
                    });
                    // Still the same epoch only in shadow mode, where the other rules are
                    // looked at, too, and one that was met is news no more.
                    self.met.count(epoch) & reason.bit() != 0
                }
                Verdict::Stay => self.gate.watch(epoch, false),
                Verdict::Watch => self.gate.watch(epoch, true),
            };
            // A result that came between the sum and the bit went by the old bit: look again.
            if !has_changed {
                return;
            }
        }
    }
}

#[inline]
fn is_slow(
    slow_call: Option<SlowCall>,
    began: Option<Instant>,
    ended: Ended,
    now: impl Fn() -> Instant,
) -> bool {
    // Only a call that is timed knows when it began.
    began.zip(slow_call).is_some_and(|(began, slow)| {
        let took = ended.took.unwrap_or_else(|| now().saturating_duration_since(began));
        slow.is_slow(took)
    })
}
