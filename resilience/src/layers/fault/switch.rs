use std::{
    any::Any,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Notify, futures::OwnedNotified},
    time::Instant,
};

use super::{
    allowance::Allowance,
    handle::FaultHandle,
    news::News,
    plan::FaultPlan,
    signal::{Reach, Signal},
};
use crate::{
    event::FaultEnd,
    name::Name,
    registry::{self, Gauge, Instance},
    rng::Rng,
    time,
};

/// Arms and disarms the faults of the layers that hold it.
///
/// What is armed and what ends is in the event stream of the process and in the log, once for each
/// layer of the switch. A switch has no task of its own: that a fault has expired is told when
/// somebody looks next, be it a call, [`status`](Self::status), the list of policies or what is
/// published of them. No call is hit in between.
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
    /// A [`Signal`]. It changes under the lock, and may be seen late: what an armed call does, the
    /// lock orders.
    signal: AtomicU64,
    state: Mutex<State>,
    rng: Rng,
}

#[derive(Default)]
struct State {
    armed: Option<Armed>,
    /// The plan that was armed last, whatever has become of it.
    last: Option<Arc<FaultPlan>>,
    /// Of the layers that it was given to, each once.
    names: Vec<Name>,
    /// The plans armed so far.
    plans: u64,
    /// Wakes those whom the plan armed last keeps from being ready, also when it is spent.
    held: Option<Arc<Notify>>,
    /// The calls hit by the plan armed last, and by all of them.
    injected_by_plan: u64,
    injected: u64,
    /// The calls under a fault, of whichever plan.
    active: u64,
}

struct Armed {
    plan: Arc<FaultPlan>,
    until: Instant,
    allowance: Allowance,
}

/// How long a hit may last.
#[derive(Debug)]
pub(super) struct Stay {
    /// When the plan is over.
    pub(super) until: Instant,
    /// Ends when the plan ends before, where it keeps services from being ready.
    pub(super) released: Option<OwnedNotified>,
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
    fn gauges(&self, name: Name, now: Instant, show: &mut dyn FnMut(Gauge)) {
        let is_armed = self.at(now).armed.is_some();
        show(Gauge {
            metric: "resilience_fault_armed",
            help: "1 while a fault is armed, else 0.",
            name,
            label: None,
            value: if is_armed { 1.0 } else { 0.0 },
        });
    }

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
        let now = time::read();
        let until = now + plan.expires_in();
        self.exchange(Arc::new(plan), now, until).tell();
    }

    /// Arms `plan` at `now` until another time than it says itself, and leaves it to the caller to
    /// tell.
    pub(crate) fn exchange(&self, plan: Arc<FaultPlan>, now: Instant, until: Instant) -> News {
        let mut news = News::default();
        let mut state = self.shared.lock();
        self.shared.expire(&mut state, now, &mut news);
        self.shared.end(&mut state, FaultEnd::Replaced, &mut news);
        news.release(state.held.take());
        state.plans += 1;
        let reach = plan.fault().reach();
        let signal = Signal::armed(state.plans, reach);
        state.held = (reach == Reach::Readiness).then(Arc::default);
        news.armed(&state.names, &plan, until.saturating_duration_since(now));
        let allowance = Allowance::of(plan.share_limit());
        state.last = Some(Arc::clone(&plan));
        state.armed = Some(Armed { plan, until, allowance });
        state.injected_by_plan = 0;
        self.shared.signal.store(signal.word(), Ordering::Relaxed);
        drop(state);
        news
    }

    /// Disarms this very plan, if it is the one that is armed, and leaves it to the caller to tell.
    #[cfg(feature = "flags")]
    pub(crate) fn disarm_plan(&self, plan: &Arc<FaultPlan>) -> (bool, News) {
        let (now, mut news) = (time::read(), News::default());
        let mut state = self.shared.lock();
        self.shared.expire(&mut state, now, &mut news);
        let is_it = state.armed.as_ref().is_some_and(|armed| Arc::ptr_eq(&armed.plan, plan));
        if is_it {
            self.shared.end(&mut state, FaultEnd::Disarmed, &mut news);
        }
        // Also one that has hit all it may, and still keeps services from being ready.
        if state.last.as_ref().is_some_and(|last| Arc::ptr_eq(last, plan)) {
            news.release(state.held.take());
        }
        drop(state);
        (is_it, news)
    }

    /// Disarms what is armed: no call is hit from then on. Calls that are being delayed are not
    /// released early, nor are bodies; services that are kept from being ready are, also those of
    /// a plan that has hit all it may.
    pub fn disarm(&self) {
        let (now, mut news) = (time::read(), News::default());
        let mut state = self.shared.lock();
        self.shared.expire(&mut state, now, &mut news);
        self.shared.end(&mut state, FaultEnd::Disarmed, &mut news);
        news.release(state.held.take());
        drop(state);
        news.tell();
    }

    /// What the switch looks like at this moment.
    pub fn status(&self) -> Status {
        self.shared.at(time::read())
    }

    /// Ends a call that was under a fault.
    pub(super) fn leave(&self) {
        self.shared.lock().active -= 1;
    }

    /// Lists the switch of a layer called `name` for as long as it lives.
    pub(super) fn register(&self, name: Name) {
        let weak: Weak<dyn Instance> = Arc::downgrade(&self.shared) as _;
        registry::register_once(name, weak);
        let (now, mut news) = (time::read(), News::default());
        let mut state = self.shared.lock();
        self.shared.expire(&mut state, now, &mut news);
        if !state.names.contains(&name) {
            state.names.push(name);
            if let Some(armed) = &state.armed {
                news.armed(&[name], &armed.plan, armed.until - now);
            }
        }
        drop(state);
        news.tell();
    }
}

impl Shared {
    /// Ends a plan whose time is over at `now`.
    fn expire(&self, state: &mut State, now: Instant, news: &mut News) {
        if state.armed.as_ref().is_some_and(|armed| armed.until <= now) {
            self.end(state, FaultEnd::Expired, news);
            news.release(state.held.take());
        }
    }

    fn end(&self, state: &mut State, why: FaultEnd, news: &mut News) {
        self.signal.store(Signal::IDLE.word(), Ordering::Relaxed);
        if let Some(armed) = state.armed.take() {
            news.ended(&state.names, &armed.plan, why);
        }
    }

    fn at(&self, now: Instant) -> Status {
        let mut news = News::default();
        let mut state = self.lock();
        self.expire(&mut state, now, &mut news);
        let armed = state.armed.as_ref();
        let status = Status {
            armed: armed.map(|armed| Arc::clone(&armed.plan)),
            last: state.last.clone(),
            time_left: armed.map_or(Duration::ZERO, |armed| armed.until - now),
            injected: state.injected,
            injected_by_plan: state.injected_by_plan,
            active: state.active,
        };
        drop(state);
        news.tell();
        status
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        #[cfg(test)]
        tests::count();
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg_attr(not(feature = "fault-injection"), expect(dead_code, reason = "nothing is injected"))]
impl FaultSwitch {
    /// Which plan may be armed: all that an idle layer asks.
    #[inline]
    pub(super) fn signal(&self) -> Signal {
        Signal::from_word(self.shared.signal.load(Ordering::Relaxed))
    }

    /// The plan for `reach` that is armed at `now`, which has seen one more call; ends one that has
    /// expired.
    pub(super) fn plan(&self, now: Instant, reach: Reach) -> Option<Arc<FaultPlan>> {
        let mut news = News::default();
        let mut state = self.shared.lock();
        self.shared.expire(&mut state, now, &mut news);
        let armed = state.armed.as_mut();
        let plan = armed.filter(|armed| armed.plan.fault().reach() == reach).map(|armed| {
            armed.allowance.see();
            Arc::clone(&armed.plan)
        });
        drop(state);
        news.tell();
        plan
    }

    /// Counts a call that `plan` hits, and disarms a plan that may hit no other.
    ///
    /// `None` when `plan` may not hit it: its places are taken, or it is armed no more. The
    /// caller has looked at path and chance in between, without the lock, because both are
    /// foreign code.
    pub(super) fn enter(&self, plan: &Arc<FaultPlan>) -> Option<Stay> {
        let mut news = News::default();
        let mut state = self.shared.lock();
        let active = state.active;
        let mut armed = state.armed.as_mut().filter(|armed| Arc::ptr_eq(&armed.plan, plan));
        // The share last: it is spent by looking.
        let armed = armed.as_mut().filter(|_| plan.has_room(active))?;
        if !armed.allowance.spend() {
            return None;
        }
        let until = armed.until;
        // Before the lock is free: who is told to go on from then on must hear it.
        let released = state.held.as_ref().map(|held| Arc::clone(held).notified_owned());
        state.active += 1;
        state.injected += 1;
        state.injected_by_plan += 1;
        if plan.is_spent(state.injected_by_plan) {
            self.shared.end(&mut state, FaultEnd::Spent, &mut news);
        }
        drop(state);
        news.tell();
        Some(Stay { until, released })
    }

    pub(super) fn draw(&self) -> f64 {
        self.shared.rng.draw()
    }
}

impl fmt::Debug for FaultSwitch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let armed = self.shared.lock().armed.as_ref().map(|armed| Arc::clone(&armed.plan));
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
