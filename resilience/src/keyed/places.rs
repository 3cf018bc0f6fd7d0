//! The places of all keys, and who is in them.
//!
//! A known key is found without a lock. Everything that changes which keys there are holds the
//! lock of the clock, so that the map and the clock have the same members.
//!
//! A member may hold what others wrote, a listener, and that may look at the keys when it is
//! dropped. So none is dropped under the lock. What leaves the map lives on as long as a guard of
//! the map that was there before, and the drop of a guard may free what left long ago: so whoever
//! takes keys out has a guard that is dropped after the lock.

use std::{fmt, hash::RandomState, sync::Arc};

use papaya::{HashMap, HashMapRef, LocalGuard, ResizeMode};
use tokio::time::Instant;

use super::{
    bounds::Bounds,
    clock::Clock,
    keeper::Keeper,
    key::{Key, KeyRef, Wanted},
    member::{Fate, Member, Quest},
    meter::{KeyCounts, KeyEvent},
    search::Search,
};
use crate::{
    meter::Meter,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{self, nanos, nanos_since},
};

/// The keys that one new key has looked at when there is room: more than it adds, so that the
/// hand gets round.
const STEPS_FOR_IDLE: usize = 2;
/// The keys that are looked at under one lock when all of them are.
const STEPS_AT_ONCE: usize = 64;

/// What a [`Keeper`] of values `T` keeps them in, with a `G` that the same lock guards.
pub(crate) struct Places<T, G = ()> {
    bounds: Bounds,
    origin: Instant,
    members: HashMap<Key, Arc<Member<T>>>,
    changing: Mutex<Changing<T, G>>,
    meter: &'static Meter,
}

/// What is needed to change which keys there are.
pub(crate) struct Changing<T, G> {
    clock: Clock<T>,
    search: Search,
    pub(crate) guarded: G,
}

/// The lock, with the map. Fields are dropped in their order, so that what leaves the map is dropped
/// without the lock.
struct Locked<'a, T, G> {
    changing: MutexGuard<'a, Changing<T, G>>,
    members: HashMapRef<'a, Key, Arc<Member<T>>, RandomState, LocalGuard<'a>>,
}

impl<T, G> Changing<T, G> {
    pub(crate) fn len(&self) -> usize {
        self.clock.len()
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = &Arc<Member<T>>> {
        self.clock.members()
    }
}

impl<T, G: Default> Places<T, G> {
    /// Places that count what happens to keys in a `meter` of [`KEY_EVENTS`](super::KEY_EVENTS).
    pub(crate) fn new(bounds: Bounds, meter: &'static Meter) -> Self {
        Self {
            bounds,
            origin: time::read(),
            // One thread at a time adds keys, and a map that grows bit by bit is slower to read
            // for as long as that takes, which is for ever when no new keys come.
            members: HashMap::builder().resize_mode(ResizeMode::Blocking).build(),
            changing: Mutex::new(Changing {
                clock: Clock::default(),
                search: Search::default(),
                guarded: G::default(),
            }),
            meter,
        }
    }
}

impl<T, G> Places<T, G> {
    /// Moves the hand on; `false` when there is no room for another key.
    fn make_room<K>(&self, keeper: &K, locked: &mut Locked<'_, T, G>, now: Instant) -> bool
    where
        K: Keeper<Value = T>,
    {
        let Changing { clock, search, .. } = &mut *locked.changing;
        let keys = clock.len();
        let needs_room = keys >= self.bounds.max_keys;
        let quest = self.quest(now, needs_room);
        let steps = if needs_room { search.steps(keys, quest.now) } else { STEPS_FOR_IDLE };
        if steps == 0 {
            return false;
        }
        let (_, left) = clock.sweep(steps, |member| member.judge(quest, keeper));
        let has_room = !needs_room || left.is_some();
        if has_room {
            search.succeeded();
        } else {
            search.failed(steps, keys, quest.now);
        }
        if let Some((member, fate)) = left {
            self.dismiss(locked, &member, fate);
        }
        has_room
    }

    /// Looks at every key, and returns how many were idle and have left.
    pub(crate) fn evict_idle<K>(&self, keeper: &K, now: Instant) -> usize
    where
        K: Keeper<Value = T>,
    {
        let quest = self.quest(now, false);
        let mut evicted = 0;
        let mut rest = self.len();
        while rest > 0 {
            // In pieces, so that no new key waits for all of them.
            let mut piece = STEPS_AT_ONCE.min(rest);
            rest -= piece;
            let mut locked = self.lock_and_pin();
            while piece > 0 {
                let judge = |member: &Member<T>| member.judge(quest, keeper);
                let (passed, left) = locked.changing.clock.sweep(piece, judge);
                let Some((member, fate)) = left else { break };
                self.dismiss(&locked, &member, fate);
                evicted += 1;
                piece -= passed;
            }
        }
        evicted
    }

    /// Takes a key that the hand has found out of the map.
    fn dismiss(&self, locked: &Locked<'_, T, G>, member: &Member<T>, fate: Fate) {
        locked.members.remove(&Wanted(member.key.as_key_ref()));
        self.count(if fate == Fate::Idle { KeyEvent::Idle } else { KeyEvent::Evicted });
    }

    fn quest(&self, now: Instant, needs_room: bool) -> Quest {
        Quest {
            at: now,
            now: nanos_since(self.origin, now),
            idle_for: nanos(self.bounds.idle_for),
            needs_room,
        }
    }

    /// The keys that `wants` says, in no order.
    pub(crate) fn members(&self, wants: impl Fn(&Key) -> bool) -> Vec<Arc<Member<T>>> {
        let members = self.members.pin();
        members.values().filter(|member| wants(&member.key)).cloned().collect()
    }

    /// The first `limit` keys behind `after`, in their order.
    pub(crate) fn page(&self, after: Option<&Key>, limit: usize) -> Vec<Arc<Member<T>>> {
        let mut page = self.members(|key| after.is_none_or(|after| key > after));
        let order = |one: &Arc<Member<T>>, other: &Arc<Member<T>>| one.key.cmp(&other.key);
        // Without sorting those that are not on the page.
        if limit < page.len() {
            page.select_nth_unstable_by(limit, order);
            page.truncate(limit);
        }
        page.sort_unstable_by(order);
        page
    }

    /// What `take` makes of the value of `key`, if it has one of its own. This is no use of it.
    pub(crate) fn get<R>(&self, key: KeyRef<'_>, take: impl Fn(&T) -> R) -> Option<R> {
        self.members.pin().get(&Wanted(key)).map(|member| take(&member.value))
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// What happened to keys so far.
    pub(crate) fn counts(&self) -> KeyCounts {
        KeyCounts::of(self.meter)
    }

    fn count(&self, event: KeyEvent) {
        self.meter.count(event as usize);
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Changing<T, G>> {
        // Every change is whole before anything can panic.
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_and_pin(&self) -> Locked<'_, T, G> {
        let changing = self.lock();
        // Not before: while one waits with a guard, all that others have leave would pile up.
        Locked { changing, members: self.members.pin() }
    }
}

/// What `take` makes of the value of `key`, which is made if it is not there.
#[inline]
pub(crate) fn find<K: Keeper, R>(keeper: &K, key: KeyRef<'_>, take: impl Fn(&K::Value) -> R) -> R {
    if key.is_too_long() {
        // Before its hash is taken, which takes longer the longer it is.
        return overflowed(keeper, KeyEvent::TooLong, take);
    }
    {
        let members = keeper.places().members.pin();
        if let Some(member) = members.get(&Wanted(key))
            && member.touch()
        {
            return take(&member.value);
        }
    }
    find_or_make(keeper, key, take)
}

#[cold]
#[inline(never)]
fn find_or_make<K: Keeper, R>(keeper: &K, key: KeyRef<'_>, take: impl Fn(&K::Value) -> R) -> R {
    let now = time::read();
    let places = keeper.places();
    let mut locked = places.lock_and_pin();
    // Another thread may have made it meanwhile.
    if let Some(member) = locked.members.get(&Wanted(key))
        && member.touch()
    {
        return take(&member.value);
    }
    if !places.make_room(keeper, &mut locked, now) {
        drop(locked);
        return overflowed(keeper, KeyEvent::Overflowed, take);
    }
    let Locked { changing, members } = &mut locked;
    let key = key.to_key();
    let value = keeper.make(&key, &changing.guarded);
    let member = Arc::new(Member::new(key, value, nanos_since(places.origin, now)));
    // Twice as wide as it has keys: a map that fills up searches fifty places for its last.
    members.reserve(members.len() / 2 + 8);
    members.insert(member.key.clone(), Arc::clone(&member));
    changing.clock.add(Arc::clone(&member));
    places.count(KeyEvent::Made);
    take(&member.value)
}

#[cold]
#[inline(never)]
fn overflowed<K: Keeper, R>(keeper: &K, why: KeyEvent, take: impl Fn(&K::Value) -> R) -> R {
    keeper.places().count(why);
    take(keeper.overflow())
}

impl<T, G> fmt::Debug for Places<T, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Places").field("keys", &self.len()).finish_non_exhaustive()
    }
}
