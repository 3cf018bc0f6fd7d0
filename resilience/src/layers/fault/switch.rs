use std::{
    any::Any,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use super::{handle::FaultHandle, plan::FaultPlan};
use crate::{
    name::Name,
    registry::{self, Instance},
    rng::Rng,
    time,
};

/// Arms and disarms the faults of the layers that hold it.
///
/// # Sharing
///
/// Clones are one switch.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use resilience::{Ratio, fault::{Fault, FaultPlan, FaultSwitch}};
///
/// let switch = FaultSwitch::new();
/// switch.arm(FaultPlan::new(Fault::Abort, Ratio::percent(5), Duration::from_secs(30))?);
/// assert!(switch.status().armed.is_some());
/// switch.disarm();
/// assert!(switch.status().armed.is_none());
/// # Ok::<(), resilience::ConfigErrors>(())
/// ```
#[derive(Clone, Default)]
pub struct FaultSwitch {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Changes under the lock, and may be seen late: what an armed call does, the lock orders.
    is_armed: AtomicBool,
    state: Mutex<State>,
    rng: Rng,
}

#[derive(Default)]
struct State {
    armed: Option<Armed>,
    /// The plan that was armed last, whatever has become of it.
    last: Option<Arc<FaultPlan>>,
    /// The calls hit by the plan armed last, and by all of them.
    injected_by_plan: u64,
    injected: u64,
    /// The calls under a fault, of whichever plan.
    active: u64,
}

struct Armed {
    plan: Arc<FaultPlan>,
    until: Instant,
}

/// What a [`FaultSwitch`] looked like at one moment.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Status {
    /// The armed plan.
    pub armed: Option<Arc<FaultPlan>>,
    /// The plan that was armed last, whatever has become of it.
    pub last: Option<Arc<FaultPlan>>,
    /// The time left until it disarms itself; zero when idle.
    pub time_left: Duration,
    /// The calls hit since the switch was made.
    pub injected: u64,
    /// Those among them that the plan armed last has hit; kept when it is armed no more.
    pub injected_by_plan: u64,
    /// The calls under a fault, see [`FaultPlan::max_active`]; some may be of earlier plans.
    pub active: u64,
}

impl Instance for Shared {
    fn handle(self: Arc<Self>, name: Name) -> Box<dyn Any + Send> {
        Box::new(FaultHandle::new(name, FaultSwitch { shared: self }))
    }
}

impl FaultSwitch {
    /// An idle switch.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An idle switch that decides by numbers from `rng`.
    #[must_use]
    pub fn with_rng(rng: Rng) -> Self {
        Self { shared: Arc::new(Shared { rng, ..Shared::default() }) }
    }

    /// Arms `plan` in place of what was armed before.
    pub fn arm(&self, plan: FaultPlan) {
        let until = time::read() + plan.expires_in();
        self.arm_until(Arc::new(plan), until);
    }

    /// Arms `plan` for another time than it says itself.
    pub(crate) fn arm_until(&self, plan: Arc<FaultPlan>, until: Instant) {
        let mut state = self.lock();
        state.last = Some(Arc::clone(&plan));
        state.armed = Some(Armed { plan, until });
        state.injected_by_plan = 0;
        self.shared.is_armed.store(true, Ordering::Relaxed);
    }

    /// Disarms this very plan; false when another is armed, or none.
    #[cfg(feature = "flags")]
    pub(crate) fn disarm_plan(&self, plan: &Arc<FaultPlan>) -> bool {
        let mut state = self.lock();
        let is_it = state.armed.as_ref().is_some_and(|armed| Arc::ptr_eq(&armed.plan, plan));
        if is_it {
            self.disarmed(&mut state);
        }
        is_it
    }

    /// Disarms what is armed: no call is hit from then on. Those that are being delayed are not
    /// released early.
    pub fn disarm(&self) {
        self.disarmed(&mut self.lock());
    }

    /// What the switch looks like at this moment.
    pub fn status(&self) -> Status {
        let now = time::read();
        let state = self.lock();
        let armed = state.armed.as_ref().filter(|armed| now < armed.until);
        Status {
            armed: armed.map(|armed| Arc::clone(&armed.plan)),
            last: state.last.clone(),
            time_left: armed.map_or(Duration::ZERO, |armed| armed.until - now),
            injected: state.injected,
            injected_by_plan: state.injected_by_plan,
            active: state.active,
        }
    }

    /// Ends a call that was under a fault.
    pub(super) fn leave(&self) {
        self.lock().active -= 1;
    }

    /// Lists the switch of a layer called `name` for as long as it lives.
    pub(super) fn register(&self, name: Name) {
        let weak: Weak<dyn Instance> = Arc::downgrade(&self.shared) as _;
        registry::register_once(name, weak);
    }

    fn disarmed(&self, state: &mut State) {
        state.armed = None;
        self.shared.is_armed.store(false, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        #[cfg(test)]
        tests::count();
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg_attr(not(feature = "fault-injection"), expect(dead_code, reason = "nothing is injected"))]
impl FaultSwitch {
    /// Whether a plan may be armed: all that an idle layer asks.
    #[inline]
    pub(super) fn is_armed(&self) -> bool {
        self.shared.is_armed.load(Ordering::Relaxed)
    }

    /// The plan that is armed at `now`; disarms one that has expired.
    pub(super) fn plan(&self, now: Instant) -> Option<Arc<FaultPlan>> {
        let mut state = self.lock();
        if state.armed.as_ref().is_some_and(|armed| armed.until <= now) {
            self.disarmed(&mut state);
        }
        state.armed.as_ref().map(|armed| Arc::clone(&armed.plan))
    }

    /// Counts a call that `plan` hits, and disarms a plan that may hit no other.
    ///
    /// False when `plan` may not hit it: its places are taken, or it is armed no more. The
    /// caller has looked at path and chance in between, without the lock, because both are
    /// foreign code.
    pub(super) fn enter(&self, plan: &Arc<FaultPlan>) -> bool {
        let mut state = self.lock();
        let is_armed = state.armed.as_ref().is_some_and(|armed| Arc::ptr_eq(&armed.plan, plan));
        if !is_armed || !plan.has_room(state.active) {
            return false;
        }
        state.active += 1;
        state.injected += 1;
        state.injected_by_plan += 1;
        if plan.is_spent(state.injected_by_plan) {
            self.disarmed(&mut state);
        }
        true
    }

    pub(super) fn draw(&self) -> f64 {
        self.shared.rng.draw()
    }
}

impl fmt::Debug for FaultSwitch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let armed = self.lock().armed.as_ref().map(|armed| Arc::clone(&armed.plan));
        f.debug_struct("FaultSwitch").field("armed", &armed).finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::cell::Cell;

    thread_local! {
        static LOCKS: Cell<u32> = const { Cell::new(0) };
    }

    pub(super) fn count() {
        LOCKS.with(|locks| locks.set(locks.get() + 1));
    }

    /// How often `work` takes the lock of a switch on this thread.
    #[cfg(all(feature = "fault-injection", feature = "http"))]
    pub(in crate::layers::fault) fn locks_of(work: impl FnOnce()) -> u32 {
        let before = LOCKS.with(Cell::get);
        work();
        LOCKS.with(Cell::get) - before
    }
}
