//! Other settings for a breaker that is in use.

use std::sync::Arc;

use tokio::time::Instant;

use super::{
    config::Config,
    ledger::Ledger,
    machine::{Machine, Moment},
    phase::Phase,
    shared::Shared,
};
use crate::sync::Ordering;

impl Machine {
    /// Goes by `config` from here on, in the same state.
    ///
    /// A wait that runs keeps its end. Results that lie in a ledger of another shape than the
    /// settings need are left there, and those of calls that run with them. The first ledger keeps its
    /// memory with the breaker, and the second with what exchanges them.
    pub(super) fn update(&mut self, config: Arc<Config>, moment: Moment<'_>) {
        self.apply_time(moment);
        let old = std::mem::replace(&mut self.config, config);
        match self.phase {
            Phase::Closed | Phase::MetricsOnly if old.shape() != self.config.shape() => {
                self.begin_anew();
            }
            // In shadow mode a rule that was met is met anew by another threshold.
            Phase::Closed | Phase::MetricsOnly => self.forget_met(),
            // Places and verdicts of one rule mean nothing to another.
            Phase::HalfOpen { .. } if old.half_open_differs(&self.config) => {
                self.phase = self.fresh_half_open(moment.now);
                self.begin_anew();
            }
            _ => {}
        }
    }
}

impl Shared {
    /// Goes by what `change` makes of the settings in force, whatever else changes them meanwhile.
    pub(super) fn update<E>(
        &self,
        change: impl Fn(&Config) -> Result<Arc<Config>, E>,
        now: Instant,
    ) -> Result<(), E> {
        loop {
            let seen = Arc::clone(&self.config());
            let config = change(&seen)?;
            if self.update_from(&seen, &config, now) {
                return Ok(());
            }
        }
    }

    /// Goes by `config` from here on; `false` when others than `seen` came meanwhile.
    fn update_from(&self, seen: &Arc<Config>, config: &Arc<Config>, now: Instant) -> bool {
        let step = |machine: &mut Machine, moment: Moment<'_>| {
            if !Arc::ptr_eq(&machine.config, seen) {
                return None;
            }
            let fits = machine.config.shape() == config.shape();
            machine.update(Arc::clone(config), moment);
            // Before the gate tells of either: who sees that finds these. In a state whose results
            // go into no ledger it tells of the other one with the next change.
            self.set_config(Arc::clone(config));
            if !fits {
                self.set_ledger(Ledger::new(config, self.origin));
            }
            Some(machine.due())
        };
        // The old settings outlive the lock by `seen`: unless they are the first, which stay with the
        // breaker, a function of the user may go with them.
        let (Some(due), epoch) = self.step(now, step) else { return false };
        self.arm(due);
        // What is in the window may be enough for a lower threshold.
        let sight = self.gate.look(Ordering::Acquire);
        if sight.passes() && !sight.is_disabled() && sight.epoch() == epoch {
            self.with_ledger(|ledger| {
                let recorded = ledger.as_recorded(epoch);
                self.judge(ledger, epoch, Some(recorded), None, &|| now);
            });
        }
        true
    }
}
