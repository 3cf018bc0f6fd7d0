//! One breaker, for any number of threads.
//!
//! A closed breaker is one word, the gate, that callers only read, plus the windows. All that
//! happens elsewhere goes through the machine behind a lock that is held for a few lines.

use std::{
    ops::Deref,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Weak},
};

use tokio::{
    runtime::Handle,
    sync::futures::OwnedNotified,
    time::{Instant, sleep_until},
};

use super::{
    config::Config,
    gate::{Gate, Sight},
    ledger::Ledger,
    machine::{Machine, Moment},
    meter::CALLS,
    phase::Phase,
    reports::Reports,
    seldom::Seldom,
};
use crate::{
    event::Listener,
    meter::Meter,
    name::Name,
    registry::{self, Instance},
    rng::Rng,
    stripes::Stripes,
    sync::{AtomicU32, AtomicU64, Mutex, MutexGuard, Notify, Ordering, PoisonError, Swap},
    time::{self, nanos_since},
    window::Tally,
};

#[derive(Debug)]
pub(super) struct Shared {
    // Read by every call and written by none but at a change of state.
    pub(super) gate: Gate,
    pub(super) origin: Instant,
    ledger: Ledger,
    /// Whether results are looked at for injected faults, as in the settings; 0 or 1.
    ignores_injected: AtomicU32,
    /// As the machine has them, for those who do not hold its lock. A success reads none of them.
    config: Swap<Config>,
    /// Until when the state refuses, in nanoseconds since `origin`.
    pub(super) refuse_until: AtomicU64,
    pub(super) free_probes: AtomicU32,
    /// The refusals of each epoch.
    pub(super) refused: Stripes<Tally>,
    /// The rules that were met in each epoch, as the machine knows them.
    pub(super) met: Tally,
    machine: Mutex<Machine>,
    reports: Reports,
    /// Wakes those who wait for a change of state, or for a place.
    pub(super) changes: Notify,
    /// When the task that makes changes by time alone wakes, in nanoseconds since `origin`.
    alarm: AtomicU64,
    seldom: Seldom,
    pub(super) meter: &'static Meter,
    me: Weak<Self>,
}

impl Shared {
    pub(super) fn new(name: Name, config: Arc<Config>) -> Arc<Self> {
        let shared = Self::unlisted(name, config);
        let weak: Weak<dyn Instance> = Arc::downgrade(&shared) as _;
        registry::register(name, weak);
        shared
    }

    /// A breaker without gauges of its own: one of many that have one name.
    pub(super) fn unlisted(name: Name, config: Arc<Config>) -> Arc<Self> {
        let origin = time::read();
        let machine = Machine::new(Arc::clone(&config), origin);
        let ledger = Ledger::new(&config, origin);
        let sight = Sight::new(machine.phase().state(), machine.epoch());
        let shared = Arc::new_cyclic(|me| Self {
            gate: Gate::new(sight.timed(ledger.slow_call().is_some())),
            origin,
            ledger,
            ignores_injected: AtomicU32::new(config.ignores_injected().into()),
            config: Swap::new(config),
            refuse_until: AtomicU64::new(0),
            free_probes: AtomicU32::new(0),
            refused: Stripes::new(Tally::default()),
            met: Tally::default(),
            machine: Mutex::new(machine),
            reports: Reports::new(name),
            changes: Notify::new(),
            alarm: AtomicU64::new(NEVER),
            seldom: Seldom::default(),
            meter: Meter::of(&CALLS, name),
            me: Weak::clone(me),
        });
        let machine = shared.lock();
        shared.show(&machine, true);
        let due = machine.due();
        drop(machine);
        shared.arm(due);
        shared
    }

    #[inline]
    pub(super) const fn name(&self) -> Name {
        self.meter.name()
    }

    /// Draws the jitter of waits from `rng`; `false` when a source is in use already.
    pub(super) fn set_rng(&self, rng: Rng) -> bool {
        self.seldom.parts().rng.set(rng).is_ok()
    }

    pub(super) fn listen(&self, listener: Listener) {
        self.reports.listen(listener);
    }

    /// Lets the machine take a step, shows the outcome to callers that take no lock, and
    /// reports what happened when the lock is free again. Returns the epoch after it.
    pub(super) fn step<T>(
        &self,
        now: Instant,
        step: impl FnOnce(&mut Machine, Moment<'_>) -> T,
    ) -> (T, u64) {
        let mut machine = self.lock();
        let (epoch, turns, due) = (machine.epoch(), machine.turns(), machine.due());
        let moment = Moment {
            now,
            random: &|| self.draw(),
            counts: &|epoch| self.with_ledger(|ledger| ledger.counts(epoch, || now)),
        };
        let answer = step(&mut machine, moment);
        let has_changed = epoch != machine.epoch();
        self.show(&machine, has_changed);
        let (epoch, freed) = (machine.epoch(), machine.turns() > turns);
        // Those who wait sleep until the end that they were told.
        let is_moved = due != machine.due() && matches!(machine.phase(), Phase::Open { .. });
        let (due, has_news) = (machine.due().filter(|next| due != Some(*next)), machine.has_news());
        drop(machine);
        if has_changed || is_moved {
            self.changes.notify_waiters();
            if !self.gate.look(Ordering::Relaxed).passes() {
                self.seldom.parts().closing.notify_waiters();
            }
        } else if freed {
            self.changes.notify_one();
        }
        self.arm(due);
        if has_news {
            self.reports.send(|| self.lock().take_news());
        }
        (answer, epoch)
    }

    /// Ends when the breaker begins to refuse.
    pub(super) fn closing(&self) -> OwnedNotified {
        Arc::clone(&self.seldom.parts().closing).notified_owned()
    }

    /// A number for the jitter; the middle when a function of the user panics, because a
    /// breaker must open all the same.
    fn draw(&self) -> f64 {
        let rng = self.seldom.parts().rng.get_or_init(Rng::default);
        catch_unwind(AssertUnwindSafe(|| rng.draw())).unwrap_or(0.5)
    }

    /// Has a task make the change that is due then, where that is asked for. A task that wakes
    /// earlier looks when to wake again, so that there is one for any number of ends.
    pub(super) fn arm(&self, due: Option<Instant>) {
        let Some(due) = due.filter(|_| self.config().is_automatic) else { return };
        let Ok(runtime) = Handle::try_current() else { return };
        let at = nanos_since(self.origin, due);
        let is_earlier = |alarm| (at < alarm).then_some(at);
        if self.alarm.fetch_update(Ordering::AcqRel, Ordering::Acquire, is_earlier).is_ok() {
            let alarm = Alarm { of: Weak::clone(&self.me), at };
            runtime.spawn(async move {
                sleep_until(due).await;
                let Some(shared) = alarm.of.upgrade() else { return };
                drop(alarm);
                shared.step(time::read(), Machine::apply_time);
                let due = shared.lock().due();
                shared.arm(due);
            });
        }
    }

    fn show(&self, machine: &Machine, has_changed: bool) {
        if has_changed {
            let sight = self.sight(machine);
            if sight.passes() {
                self.with_ledger(|ledger| ledger.begin(machine.epoch()));
            }
            // Nobody may take the times of one state for those of the other: in between there
            // are none, and callers go through the lock.
            self.refuse_until.store(0, Ordering::Relaxed);
            // Pairs with the loads in `peek`, `pass` and `passes`: who sees the state sees its empty
            // window and no times but its own.
            self.gate.set(sight, Ordering::Release);
        }
        self.met.set(machine.epoch(), machine.met());
        self.free_probes.store(machine.free_probes(), Ordering::Release);
        let until = machine.due().map_or(FOR_EVER, |due| nanos_since(self.origin, due));
        // Pairs with the load in `refusal`: who sees a time sees the state it belongs to.
        self.refuse_until.store(until, Ordering::Release);
    }

    /// What the gate is to say of the state that `machine` is in.
    pub(super) fn sight(&self, machine: &Machine) -> Sight {
        let is_timed = self.with_ledger(|ledger| ledger.slow_call().is_some());
        let sight = Sight::new(machine.phase().state(), machine.epoch());
        sight.timed(is_timed).moved(self.seldom.ledger().is_some())
    }

    /// The settings in force.
    #[inline]
    pub(super) fn config(&self) -> impl Deref<Target = Arc<Config>> {
        self.config.load()
    }

    /// The ledger that is in use in place of the first one.
    #[cold]
    #[inline(never)]
    pub(super) fn other_ledger(&self) -> Option<impl Deref<Target = Arc<Ledger>>> {
        self.seldom.ledger().map(Swap::load)
    }

    /// Looks into the ledger in use.
    pub(super) fn with_ledger<T>(&self, look: impl FnOnce(&Ledger) -> T) -> T {
        match self.seldom.ledger() {
            Some(other) => look(&other.load()),
            None => look(&self.ledger),
        }
    }

    /// The ledger that breakers have whose settings need no other.
    #[inline]
    pub(super) const fn first_ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Whether a result counts as nothing that a fault made. A call that ends while the settings change
    /// goes by either.
    #[inline]
    pub(super) fn ignores_injected(&self) -> bool {
        self.ignores_injected.load(Ordering::Relaxed) != 0
    }

    pub(super) fn set_config(&self, config: Arc<Config>) {
        self.ignores_injected.store(config.ignores_injected().into(), Ordering::Relaxed);
        self.config.store(config);
    }

    /// Puts another ledger into use. The machine must be locked.
    pub(super) fn set_ledger(&self, ledger: Ledger) {
        self.seldom.set_ledger(ledger);
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Machine> {
        // The machine is whole between any two of its steps, and a step does not panic.
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A task that wakes at a time. Dropped, with its runtime perhaps, it makes room for another.
struct Alarm {
    of: Weak<Shared>,
    at: u64,
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Some(shared) = self.of.upgrade() {
            let (to, order) = (NEVER, Ordering::AcqRel);
            // One that is to wake earlier has taken its place otherwise.
            let _ = shared.alarm.compare_exchange(self.at, to, order, Ordering::Acquire);
        }
    }
}

/// No task will wake.
const NEVER: u64 = u64::MAX;

/// The end of a state that time does not end.
pub(super) const FOR_EVER: u64 = u64::MAX;
