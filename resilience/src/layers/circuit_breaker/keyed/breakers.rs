//! The breakers of all keys.

use std::{
    any::Any,
    fmt,
    sync::{Arc, OnceLock, Weak},
};

use tokio::time::Instant;

use super::{
    super::{config::Config as BreakerConfig, shared::Shared},
    config::Config,
    handle::KeyedCircuitBreakerHandle,
    meter::KEYS,
};
use crate::{
    event::{Event, Listener, State},
    holders::Holders,
    keyed::{Changing, Keeper, Key, KeyRef, Member, Places, find},
    meter::Meter,
    name::Name,
    registry::{self, Gauge, Instance},
    rng::Rng,
    sync::{MutexGuard, Ordering},
    time::nanos_since,
};

/// A function that is told of every event, and of the key: none is the breaker that calls share.
pub(super) type KeyListener = Arc<dyn Fn(Option<&Key>, &Event) + Send + Sync>;

pub(super) struct Breakers {
    pub(super) name: Name,
    pub(super) config: Config,
    resting: State,
    pub(super) places: Places<Holders<Shared>, Vec<KeyListener>>,
    pub(super) overflow: Holders<Shared>,
    rng: OnceLock<Rng>,
}

impl Breakers {
    pub(super) fn new(name: Name, config: Config) -> Arc<Self> {
        let breakers = Self::unlisted(name, config);
        let weak: Weak<dyn Instance> = Arc::downgrade(&breakers) as _;
        registry::register(name, weak);
        breakers
    }

    /// Those that nobody looks at but who has them.
    pub(super) fn unlisted(name: Name, config: Config) -> Arc<Self> {
        let overflow = Shared::unlisted(name, Arc::clone(&config.breaker));
        Arc::new(Self {
            name,
            resting: resting(&config.breaker),
            places: Places::new(config.bounds, Meter::of(&KEYS, name)),
            overflow: Holders::new(overflow),
            rng: OnceLock::new(),
            config,
        })
    }

    /// What `take` makes of the breaker of `key`, which is made if it is not there.
    #[inline]
    pub(super) fn find<T>(&self, key: KeyRef<'_>, take: impl Fn(&Holders<Shared>) -> T) -> T {
        find(self, key, take)
    }

    /// Looks at every key, and returns how many were idle and have left.
    pub(super) fn evict_idle(&self, now: Instant) -> usize {
        self.places.evict_idle(self, now)
    }

    /// The keys that `wants` says, in no order.
    pub(super) fn members(
        &self,
        wants: impl Fn(&Key) -> bool,
    ) -> Vec<Arc<Member<Holders<Shared>>>> {
        self.places.members(wants)
    }

    /// The breaker of `key`, if it has one of its own. This is no use of it.
    pub(super) fn get(&self, key: KeyRef<'_>) -> Option<Holders<Shared>> {
        self.places.get(key, Holders::clone)
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Draws the jitter of all waits from `rng`; `false` when there are breakers that do not.
    pub(super) fn set_rng(&self, rng: Rng) -> bool {
        // With the lock, so that no breaker is made meanwhile.
        let changing = self.lock();
        changing.len() == 0 && self.overflow.set_rng(rng.clone()) && self.rng.set(rng).is_ok()
    }

    pub(super) fn listen(&self, listener: KeyListener) {
        let mut changing = self.lock();
        listen(&self.overflow, None, &listener);
        for member in changing.members() {
            listen(&member.value, Some(member.key.clone()), &listener);
        }
        changing.guarded.push(listener);
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Changing<Holders<Shared>, Vec<KeyListener>>> {
        self.places.lock()
    }
}

impl Keeper for Breakers {
    type Value = Holders<Shared>;
    type Guarded = Vec<KeyListener>;

    #[inline]
    fn places(&self) -> &Places<Holders<Shared>, Vec<KeyListener>> {
        &self.places
    }

    fn make(&self, key: &Key, listeners: &Vec<KeyListener>) -> Holders<Shared> {
        let breaker = Shared::unlisted(self.name, Arc::clone(&self.config.breaker));
        if let Some(rng) = self.rng.get() {
            breaker.set_rng(rng.clone());
        }
        for listener in listeners {
            listen(&breaker, Some(key.clone()), listener);
        }
        Holders::new(breaker)
    }

    fn overflow(&self) -> &Holders<Shared> {
        &self.overflow
    }

    fn may_leave(&self, breaker: &Holders<Shared>, is_idle: bool, now: Instant) -> bool {
        let sight = breaker.gate.look(Ordering::Acquire);
        // Without a call, an open breaker whose wait is over stays as it is. If it never left, then
        // hosts that are gone for good would in the end have all the places.
        let awaits_probes = || {
            let until = breaker.refuse_until.load(Ordering::Acquire);
            sight.is_half_open() || until <= nanos_since(breaker.origin, now)
        };
        sight.state() == self.resting || (is_idle && !sight.passes() && awaits_probes())
    }

    fn is_held(&self, breaker: &Holders<Shared>) -> bool {
        breaker.is_held()
    }
}

impl Instance for Breakers {
    fn handle(self: Arc<Self>, _: Name) -> Box<dyn Any + Send> {
        Box::new(KeyedCircuitBreakerHandle::new(self))
    }

    fn gauges(&self, _: Name, now: Instant, show: &mut dyn FnMut(Gauge)) {
        self.evict_idle(now);
        let mut keys = [0_u32; State::ALL.len()];
        for member in self.members(|_| true) {
            keys[member.value.state(now) as usize] += 1;
        }
        for (state, keys) in State::ALL.into_iter().zip(keys) {
            show(Gauge {
                metric: "resilience_keyed_circuit_breakers",
                help: "Keys with a circuit breaker of their own, by its state.",
                name: self.name,
                label: Some(("state", state.as_str())),
                value: f64::from(keys),
            });
        }
    }
}

impl fmt::Debug for Breakers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breakers")
            .field("name", &self.name)
            .field("config", &self.config)
            .field("keys", &self.len())
            .finish_non_exhaustive()
    }
}

fn listen(breaker: &Shared, key: Option<Key>, listener: &KeyListener) {
    let listener = Arc::clone(listener);
    breaker.listen(Listener::new(move |event| listener(key.as_ref(), event)));
}

/// The state in which a breaker may be forgotten: the one in which another would begin, or to
/// which that leads by itself.
fn resting(config: &BreakerConfig) -> State {
    match config.initial_state() {
        State::Open | State::HalfOpen => State::Closed,
        state => state,
    }
}
