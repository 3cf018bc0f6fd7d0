//! The living policies of the process, for gauges.

use std::sync::{Mutex, PoisonError, Weak};

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

/// A policy with something to show.
pub(crate) trait Instance: Send + Sync {
    fn gauges(&self, now: Instant, show: &mut dyn FnMut(Gauge));
}

static INSTANCES: Mutex<Vec<Weak<dyn Instance>>> = Mutex::new(Vec::new());

/// Lists `instance` for as long as it lives.
pub(crate) fn register(instance: Weak<dyn Instance>) {
    let mut instances = INSTANCES.lock().unwrap_or_else(PoisonError::into_inner);
    // Sweeping whenever the list has to grow keeps it at most twice as long as what lives.
    if instances.len() == instances.capacity() {
        instances.retain(|known| known.strong_count() > 0);
    }
    instances.push(instance);
}

/// The gauges of all living policies.
pub(crate) fn gauges(now: Instant) -> Vec<Gauge> {
    let living: Vec<_> = {
        let instances = INSTANCES.lock().unwrap_or_else(PoisonError::into_inner);
        instances.iter().filter_map(Weak::upgrade).collect()
    };
    let mut gauges = Vec::new();
    for instance in living {
        instance.gauges(now, &mut |gauge| gauges.push(gauge));
    }
    gauges
}
