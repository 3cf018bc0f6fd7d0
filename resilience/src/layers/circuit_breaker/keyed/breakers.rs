//! The breakers of all keys.
//!
//! A known key is found without a lock. Everything that changes which keys there are holds the
//! lock of the clock, so that the map and the clock have the same members.

use std::{
    any::Any,
    fmt,
    sync::{Arc, OnceLock, Weak},
};

use papaya::{HashMap, ResizeMode};
use tokio::time::Instant;

use super::{
    super::{config::Config as BreakerConfig, shared::Shared},
    clock::Clock,
    config::Config,
    handle::KeyedCircuitBreakerHandle,
    key::{Key, KeyRef, Wanted},
    member::{Fate, Member, Quest},
    meter::{KEYS, KeyEvent},
};
use crate::{
    event::{Event, Listener, State},
    holders::Holders,
    meter::Meter,
    name::Name,
    registry::{self, Gauge, Instance},
    rng::Rng,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{self, nanos, nanos_since},
};

/// The keys that one new key has looked at when it needs a place; fewer where they are so few that
/// the hand gets round twice, and so has found all that can leave.
const STEPS_FOR_ROOM: usize = 64;
/// The keys that one new key has looked at when there is room: more than it adds, so that the
/// hand gets round.
const STEPS_FOR_IDLE: usize = 2;
/// The keys that are looked at under one lock when all of them are.
const STEPS_AT_ONCE: usize = 64;

/// A function that is told of every event, and of the key: none is the breaker that calls share.
pub(super) type KeyListener = Arc<dyn Fn(Option<&Key>, &Event) + Send + Sync>;

pub(super) struct Breakers {
    pub(super) name: Name,
    pub(super) config: Config,
    resting: State,
    origin: Instant,
    members: HashMap<Key, Arc<Member>>,
    keeper: Mutex<Keeper>,
    pub(super) overflow: Holders<Shared>,
    rng: OnceLock<Rng>,
    pub(super) meter: &'static Meter,
}

/// What is needed to change which keys there are.
#[derive(Default)]
pub(super) struct Keeper {
    clock: Clock,
    listeners: Vec<KeyListener>,
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
            origin: time::read(),
            // One thread at a time adds keys, and a map that grows bit by bit is slower to read
            // for as long as that takes, which is for ever when no new keys come.
            members: HashMap::builder().resize_mode(ResizeMode::Blocking).build(),
            keeper: Mutex::default(),
            overflow: Holders::new(overflow),
            rng: OnceLock::new(),
            meter: Meter::of(&KEYS, name),
            config,
        })
    }

    /// What `take` makes of the breaker of `key`, which is made if it is not there.
    #[inline]
    pub(super) fn find<T>(&self, key: KeyRef<'_>, take: impl Fn(&Holders<Shared>) -> T) -> T {
        if key.is_too_long() {
            // Before its hash is taken, which takes longer the longer it is.
            return self.overflowed(KeyEvent::TooLong, take);
        }
        {
            let members = self.members.pin();
            if let Some(member) = members.get(&Wanted(key))
                && member.touch()
            {
                return take(&member.breaker);
            }
        }
        self.find_or_make(key, take)
    }

    #[cold]
    #[inline(never)]
    fn find_or_make<T>(&self, key: KeyRef<'_>, take: impl Fn(&Holders<Shared>) -> T) -> T {
        let now = time::read();
        let mut keeper = self.lock();
        let members = self.members.pin();
        // Another thread may have made it meanwhile.
        if let Some(member) = members.get(&Wanted(key))
            && member.touch()
        {
            return take(&member.breaker);
        }
        if !self.make_room(&mut keeper.clock, now) {
            drop((members, keeper));
            return self.overflowed(KeyEvent::Overflowed, take);
        }
        let key = key.to_key();
        let breaker = self.made(&key, &keeper.listeners);
        let member = Arc::new(Member::new(key, breaker, nanos_since(self.origin, now)));
        // Twice as wide as it has keys: a map that fills up searches fifty places for its last.
        members.reserve(members.len() / 2 + 8);
        members.insert(member.key.clone(), Arc::clone(&member));
        keeper.clock.add(Arc::clone(&member));
        self.count(KeyEvent::Made);
        take(&member.breaker)
    }

    #[cold]
    #[inline(never)]
    fn overflowed<T>(&self, why: KeyEvent, take: impl Fn(&Holders<Shared>) -> T) -> T {
        self.count(why);
        take(&self.overflow)
    }

    /// The breaker of a key that has none.
    fn made(&self, key: &Key, listeners: &[KeyListener]) -> Holders<Shared> {
        let breaker = Shared::unlisted(self.name, Arc::clone(&self.config.breaker));
        if let Some(rng) = self.rng.get() {
            breaker.set_rng(rng.clone());
        }
        for listener in listeners {
            listen(&breaker, Some(key.clone()), listener);
        }
        Holders::new(breaker)
    }

    /// Moves the hand on; `false` when there is no room for another key.
    fn make_room(&self, clock: &mut Clock, now: Instant) -> bool {
        let needs_room = clock.len() >= self.config.max_keys();
        let steps = if needs_room { STEPS_FOR_ROOM.min(2 * clock.len()) } else { STEPS_FOR_IDLE };
        let (_, left) = clock.sweep(steps, self.quest(now, needs_room));
        let has_left = left.is_some();
        if let Some((member, fate)) = left {
            self.dismiss(&member, fate);
        }
        !needs_room || has_left
    }

    /// Looks at every key, and returns how many were idle and have left.
    pub(super) fn evict_idle(&self, now: Instant) -> usize {
        let quest = self.quest(now, false);
        let mut evicted = 0;
        let mut rest = self.len();
        while rest > 0 {
            // In pieces, so that no new key waits for all of them.
            let mut keeper = self.lock();
            let mut piece = STEPS_AT_ONCE.min(rest);
            rest -= piece;
            while piece > 0 {
                let (passed, left) = keeper.clock.sweep(piece, quest);
                let Some((member, fate)) = left else { break };
                self.dismiss(&member, fate);
                evicted += 1;
                piece -= passed;
            }
        }
        evicted
    }

    /// Takes a key that the hand has found out of the map.
    fn dismiss(&self, member: &Member, fate: Fate) {
        self.members.pin().remove(&Wanted(member.key.as_key_ref()));
        self.count(if fate == Fate::Idle { KeyEvent::Idle } else { KeyEvent::Evicted });
    }

    fn quest(&self, now: Instant, needs_room: bool) -> Quest {
        Quest {
            at: now,
            now: nanos_since(self.origin, now),
            idle_for: nanos(self.config.idle_for()),
            needs_room,
            resting: self.resting,
        }
    }

    /// The keys that `wants` says, in no order.
    pub(super) fn members(&self, wants: impl Fn(&Key) -> bool) -> Vec<Arc<Member>> {
        let members = self.members.pin();
        members.values().filter(|member| wants(&member.key)).cloned().collect()
    }

    /// The breaker of `key`, if it has one of its own. This is no use of it.
    pub(super) fn get(&self, key: KeyRef<'_>) -> Option<Holders<Shared>> {
        self.members.pin().get(&Wanted(key)).map(|member| member.breaker.clone())
    }

    pub(super) fn len(&self) -> usize {
        self.lock().clock.len()
    }

    /// Draws the jitter of all waits from `rng`; `false` when there are breakers that do not.
    pub(super) fn set_rng(&self, rng: Rng) -> bool {
        // With the lock, so that no breaker is made meanwhile.
        let keeper = self.lock();
        keeper.clock.len() == 0 && self.overflow.set_rng(rng.clone()) && self.rng.set(rng).is_ok()
    }

    pub(super) fn listen(&self, listener: KeyListener) {
        let mut keeper = self.lock();
        listen(&self.overflow, None, &listener);
        for member in keeper.clock.members() {
            listen(&member.breaker, Some(member.key.clone()), &listener);
        }
        keeper.listeners.push(listener);
    }

    fn count(&self, event: KeyEvent) {
        self.meter.count(event as usize);
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Keeper> {
        // Every change is whole before anything can panic.
        self.keeper.lock().unwrap_or_else(PoisonError::into_inner)
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
            keys[member.breaker.state(now) as usize] += 1;
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
