use std::sync::Arc;

use super::{
    super::{handle::CircuitBreakerHandle, meter::Calls},
    breakers::Breakers,
    config::Config,
    snapshot::KeySnapshot,
};
use crate::{
    holders::Holders,
    keyed::{Key, KeyCounts, KeyRef},
    name::Name,
    time,
};

/// Looks at the breakers of all keys, and makes calls through them, without Tower.
///
/// # Sharing
///
/// A handle keeps its breakers alive, and sees what all services that share them do.
///
/// # Examples
///
/// ```
/// use resilience::{Name, circuit_breaker::{Config, keyed::KeyedCircuitBreakerHandle}};
///
/// let disks = KeyedCircuitBreakerHandle::standalone(Name::from_static("disks"), Config::default());
/// let read = || std::fs::read("/nowhere").map(drop);
/// assert!(disks.breaker("sda").try_acquire()?.run(read).is_err());
/// assert_eq!(disks.get("sda").map(|disk| disk.snapshot().counts.failed), Some(1));
/// assert!(disks.get("sdb").is_none());
/// # Ok::<(), resilience::Rejected>(())
/// ```
#[derive(Clone, Debug)]
pub struct KeyedCircuitBreakerHandle {
    breakers: Arc<Breakers>,
}

impl KeyedCircuitBreakerHandle {
    pub(super) const fn new(breakers: Arc<Breakers>) -> Self {
        Self { breakers }
    }

    /// Breakers that no layer has.
    #[must_use]
    pub fn standalone(name: Name, config: impl Into<Config>) -> Self {
        Self::new(Breakers::new(name, config.into()))
    }

    /// The name of all breakers.
    pub fn name(&self) -> Name {
        self.breakers.name
    }

    /// The breaker of `key`, if it has one of its own.
    ///
    /// A look is no use of the key, but as long as somebody holds what is returned here, the key
    /// does not leave.
    pub fn get<'a>(&self, key: impl Into<KeyRef<'a>>) -> Option<CircuitBreakerHandle> {
        self.breakers.get(key.into()).map(CircuitBreakerHandle::new)
    }

    /// The breaker that a call with `key` goes through, made if it is not there: the
    /// [shared](Self::overflow) one when there is no room.
    ///
    /// As long as somebody holds it, the key does not leave.
    pub fn breaker<'a>(&self, key: impl Into<KeyRef<'a>>) -> CircuitBreakerHandle {
        CircuitBreakerHandle::new(self.breakers.find(key.into(), Holders::clone))
    }

    /// The breaker of the calls that find no room for a breaker of their own.
    pub fn overflow(&self) -> CircuitBreakerHandle {
        CircuitBreakerHandle::new(self.breakers.overflow.clone())
    }

    /// The keys with a breaker of their own.
    pub fn len(&self) -> usize {
        self.breakers.len()
    }

    /// The most keys that may have one.
    pub fn max_keys(&self) -> usize {
        self.breakers.config.max_keys()
    }

    /// Whether no key has a breaker of its own.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What at most `limit` breakers look like at this moment: a page of all, in the order of
    /// their keys, behind the key `after`.
    ///
    /// Each page looks through all keys. A key that comes or leaves meanwhile may be missing;
    /// no key is on two pages.
    ///
    /// # Examples
    ///
    /// ```
    /// use resilience::{
    ///     Name, circuit_breaker::{Config, keyed::{Key, KeyedCircuitBreakerHandle}},
    /// };
    ///
    /// let name = Name::from_static("tenants");
    /// let tenants = KeyedCircuitBreakerHandle::standalone(name, Config::default());
    /// for tenant in 1_u64..=5 {
    ///     tenants.breaker(tenant);
    /// }
    /// let page = tenants.snapshots(Some(&Key::from(2)), 2);
    /// let keys: Vec<_> = page.iter().map(|one| one.key.clone()).collect();
    /// assert_eq!(keys, [Key::from(3), Key::from(4)]);
    /// ```
    pub fn snapshots(&self, after: Option<&Key>, limit: usize) -> Vec<KeySnapshot> {
        self.breakers.snapshots(after, limit, time::read())
    }

    /// Has all keys leave that were not used for [so long](super::ConfigBuilder::idle_for), and
    /// returns how many did.
    ///
    /// A key is found unused by one look and leaves by a later one, so a single look at keys that
    /// are in use has none leave.
    pub fn evict_idle(&self) -> usize {
        self.breakers.evict_idle(time::read())
    }

    /// What happened to the keys of this name, since the process began.
    pub fn key_counts(&self) -> KeyCounts {
        self.breakers.places.counts()
    }

    /// How the calls through all breakers of this name ended, since the process began.
    pub fn calls(&self) -> Calls {
        Calls::of(self.breakers.overflow.meter)
    }
}
