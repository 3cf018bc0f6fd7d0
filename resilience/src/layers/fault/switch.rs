use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use super::plan::FaultPlan;
use crate::{rng::Rng, time};

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
    is_armed: AtomicBool,
    armed: Mutex<Option<Armed>>,
    injected: AtomicU64,
    rng: Rng,
}

#[derive(Clone)]
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
    /// The time left until it disarms itself; zero when idle.
    pub time_left: Duration,
    /// The calls hit since the switch was made.
    pub injected: u64,
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
        let mut armed = self.lock();
        *armed = Some(Armed { plan: Arc::new(plan), until });
        self.shared.is_armed.store(true, Ordering::Release);
    }

    /// Disarms what is armed. Calls that are being delayed are not released early.
    pub fn disarm(&self) {
        let mut armed = self.lock();
        *armed = None;
        self.shared.is_armed.store(false, Ordering::Release);
    }

    /// What the switch looks like at this moment.
    pub fn status(&self) -> Status {
        let now = time::read();
        let armed = self.lock().clone().filter(|armed| now < armed.until);
        Status {
            time_left: armed.as_ref().map_or(Duration::ZERO, |armed| armed.until - now),
            armed: armed.map(|armed| armed.plan),
            injected: self.shared.injected.load(Ordering::Relaxed),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Armed>> {
        self.shared.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg_attr(not(feature = "fault-injection"), expect(dead_code, reason = "nothing is injected"))]
impl FaultSwitch {
    /// Whether a plan may be armed: all that an idle layer asks.
    pub(super) fn is_armed(&self) -> bool {
        self.shared.is_armed.load(Ordering::Relaxed)
    }

    /// The plan that is armed at `now`; disarms one that has expired.
    pub(super) fn plan(&self, now: Instant) -> Option<Arc<FaultPlan>> {
        let mut armed = self.lock();
        if armed.as_ref().is_some_and(|armed| armed.until <= now) {
            *armed = None;
            self.shared.is_armed.store(false, Ordering::Release);
        }
        armed.as_ref().map(|armed| Arc::clone(&armed.plan))
    }

    pub(super) fn draw(&self) -> f64 {
        self.shared.rng.draw()
    }

    pub(super) fn count(&self) {
        self.shared.injected.fetch_add(1, Ordering::Relaxed);
    }
}

impl fmt::Debug for FaultSwitch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let armed = self.lock().as_ref().map(|armed| Arc::clone(&armed.plan));
        f.debug_struct("FaultSwitch").field("armed", &armed).finish_non_exhaustive()
    }
}
