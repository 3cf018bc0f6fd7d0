//! The living policies of the process, for gauges and for operators.

use std::{
    any::Any,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::time::Instant;

use crate::name::Name;

/// A number that a policy shows at this moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Gauge {
    pub(crate) metric: &'static str,
    pub(crate) help: &'static str,
    pub(crate) name: Name,
    /// One more label with its value.
    pub(crate) label: Option<(&'static str, &'static str)>,
    pub(crate) value: f64,
}

/// A policy that can be looked at while it is in use.
pub(crate) trait Instance: Send + Sync {
    /// What it shows in numbers.
    fn gauges(&self, now: Instant, show: &mut dyn FnMut(Gauge)) {
        _ = (now, show);
    }

    /// What an operator holds of the policy called `name`: the handle that its module has. Of
    /// which type, those know who know all kinds.
    fn handle(self: Arc<Self>, name: Name) -> Box<dyn Any + Send>;
}

/// A policy in the list.
struct Entry {
    id: u64,
    name: Name,
    instance: Weak<dyn Instance>,
}

/// A policy that lives.
pub(crate) struct Living {
    /// No other policy of this process has it.
    pub(crate) id: u64,
    pub(crate) name: Name,
    pub(crate) instance: Arc<dyn Instance>,
}

static INSTANCES: Mutex<Vec<Entry>> = Mutex::new(Vec::new());

/// A number for a policy that no other has.
pub(crate) fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Lists `instance` under `name` for as long as it lives.
pub(crate) fn register(name: Name, instance: Weak<dyn Instance>) {
    let id = next_id();
    let mut instances = INSTANCES.lock().unwrap_or_else(PoisonError::into_inner);
    // Sweeping whenever the list has to grow keeps it at most twice as long as what lives.
    if instances.len() == instances.capacity() {
        instances.retain(|known| known.instance.strong_count() > 0);
    }
    instances.push(Entry { id, name, instance });
}

/// All living policies, in the order in which they were made.
pub(crate) fn living() -> Vec<Living> {
    let instances = INSTANCES.lock().unwrap_or_else(PoisonError::into_inner);
    let living = |known: &Entry| {
        Some(Living { id: known.id, name: known.name, instance: known.instance.upgrade()? })
    };
    instances.iter().filter_map(living).collect()
}

/// The gauges of all living policies.
pub(crate) fn gauges(now: Instant) -> Vec<Gauge> {
    let mut gauges = Vec::new();
    for living in living() {
        living.instance.gauges(now, &mut |gauge| gauges.push(gauge));
    }
    gauges
}
