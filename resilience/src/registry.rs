//! The living policies of the process, for gauges and for operators.

use std::{
    any::Any,
    sync::{
        Arc, LazyLock, Mutex, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
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
    /// What the policy called `name` shows in numbers.
    fn gauges(&self, name: Name, now: Instant, show: &mut dyn FnMut(Gauge)) {
        _ = (name, now, show);
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

impl Entry {
    fn living(&self) -> Option<Living> {
        Some(Living { id: self.id, name: self.name, instance: self.instance.upgrade()? })
    }
}

/// A policy that lives.
pub(crate) struct Living {
    /// No other policy of this process has it.
    pub(crate) id: u64,
    pub(crate) name: Name,
    pub(crate) instance: Arc<dyn Instance>,
}

static INSTANCES: Mutex<Vec<Entry>> = Mutex::new(Vec::new());

/// What the numbers of this process begin after: the second in which it first asked, so that one
/// that was noted before a restart means nothing else after it, with room for a million a second.
/// A program that reads JSON into floats holds them exactly.
pub(crate) fn first_number() -> u64 {
    static FIRST: LazyLock<u64> = LazyLock::new(|| {
        #[expect(clippy::disallowed_methods, reason = "only to differ from the process before")]
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        since.as_secs() << 20
    });
    *FIRST
}

/// A number for a policy that no other has.
pub(crate) fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    first_number() + NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Lists `instance` under `name` for as long as it lives.
pub(crate) fn register(name: Name, instance: Weak<dyn Instance>) {
    push(&mut INSTANCES.lock().unwrap_or_else(PoisonError::into_inner), name, instance);
}

/// The same, unless this very policy is listed under that name already.
pub(crate) fn register_once(name: Name, instance: Weak<dyn Instance>) {
    let mut instances = INSTANCES.lock().unwrap_or_else(PoisonError::into_inner);
    let is_it = |known: &Entry| std::ptr::addr_eq(known.instance.as_ptr(), instance.as_ptr());
    if !instances.iter().any(|known| known.name == name && is_it(known)) {
        push(&mut instances, name, instance);
    }
}

fn push(instances: &mut Vec<Entry>, name: Name, instance: Weak<dyn Instance>) {
    // Sweeping whenever the list has to grow keeps it little longer than what has lived at once.
    if instances.len() == instances.capacity() {
        instances.retain(|known| known.instance.strong_count() > 0);
        instances.reserve_exact(instances.len() / 4 + 8);
    }
    instances.push(Entry { id: next_id(), name, instance });
}

/// The living policies called `name`, in the order in which they were made.
#[cfg(feature = "flags")]
pub(crate) fn named(name: &str) -> Vec<Living> {
    let instances = INSTANCES.lock().unwrap_or_else(PoisonError::into_inner);
    let its = instances.iter().filter(|known| known.name.as_str() == name);
    its.filter_map(Entry::living).collect()
}

/// The policy with the number `id`, if it lives.
pub(crate) fn find(id: u64) -> Option<Living> {
    let instances = INSTANCES.lock().unwrap_or_else(PoisonError::into_inner);
    instances.iter().find(|known| known.id == id).and_then(Entry::living)
}

/// All living policies, in the order in which they were made.
pub(crate) fn living() -> Vec<Living> {
    let instances = INSTANCES.lock().unwrap_or_else(PoisonError::into_inner);
    instances.iter().filter_map(Entry::living).collect()
}

/// The gauges of all living policies.
pub(crate) fn gauges(now: Instant) -> Vec<Gauge> {
    let mut gauges = Vec::new();
    for living in living() {
        living.instance.gauges(living.name, now, &mut |gauge| gauges.push(gauge));
    }
    gauges
}
