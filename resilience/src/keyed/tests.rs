//! What the hand asks, and how often; who leaves is tested beside the policies.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

use tokio::time::{Instant, advance};

use super::{Bounds, KEY_EVENTS, Keeper, Key, Places, find};
use crate::{
    meter::{Kind, Meter},
    name::Name,
};

const PAUSE: Duration = Duration::from_millis(1);
const TICK: Duration = Duration::from_nanos(1);

static KIND: Kind =
    Kind { metric: "asked_keys_total", help: "Keys.", label: "event", outcomes: KEY_EVENTS };

/// Has all keys stay until it is told otherwise, and counts what it is asked.
struct Asked {
    places: Places<bool>,
    lets_go: AtomicBool,
    may_leave: AtomicUsize,
    is_held: AtomicUsize,
}

impl Asked {
    fn new(name: &'static str, max_keys: usize) -> Self {
        let bounds = Bounds { max_keys, idle_for: Duration::from_mins(1) };
        Self {
            places: Places::new(bounds, Meter::of(&KIND, Name::from_static(name))),
            lets_go: AtomicBool::new(false),
            may_leave: AtomicUsize::new(0),
            is_held: AtomicUsize::new(0),
        }
    }

    /// Whether `key` has a place of its own.
    fn has_place(&self, key: u64) -> bool {
        find(self, key.into(), |is_own| *is_own)
    }

    /// How many keys were looked at since this was last asked.
    fn looked_at(&self) -> usize {
        self.may_leave.swap(0, Ordering::Relaxed)
    }
}

impl Keeper for Asked {
    type Value = bool;
    type Guarded = ();

    fn places(&self) -> &Places<bool> {
        &self.places
    }

    fn make(&self, _: &Key, (): &()) -> bool {
        true
    }

    fn overflow(&self) -> &bool {
        &false
    }

    fn may_leave(&self, _: &bool, _: bool, _: Instant) -> bool {
        self.may_leave.fetch_add(1, Ordering::Relaxed);
        self.lets_go.load(Ordering::Relaxed)
    }

    fn is_held(&self, _: &bool) -> bool {
        self.is_held.fetch_add(1, Ordering::Relaxed);
        false
    }
}

#[tokio::test(start_paused = true)]
async fn of_a_key_that_stays_anyway_nothing_is_asked() {
    let keys = Asked::new("asked-nothing", 100);
    assert!((0..100).all(|key| keys.has_place(key)));
    assert_eq!(keys.places.evict_idle(&keys, Instant::now()), 0);
    assert_eq!((keys.looked_at(), keys.is_held.into_inner()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn when_all_keys_were_looked_at_in_vain_nobody_looks_for_a_while() {
    let keys = Asked::new("asked-in-vain", 100);
    assert!((0..100).all(|key| keys.has_place(key)));
    let crowd = || (1_000..1_100).any(|key| keys.has_place(key));
    // Four looks at 64 keys are the first that are two at each.
    assert!(!crowd());
    assert_eq!(keys.looked_at(), 256);
    advance(PAUSE.saturating_sub(TICK)).await;
    assert!(!crowd());
    assert_eq!(keys.looked_at(), 0);
    advance(TICK).await;
    assert!(!crowd());
    assert_eq!(keys.looked_at(), 64, "one look, in vain as well");

    keys.lets_go.store(true, Ordering::Relaxed);
    assert!(!keys.has_place(1_000));
    advance(PAUSE).await;
    assert!(keys.has_place(1_000));
    keys.lets_go.store(false, Ordering::Relaxed);
    keys.looked_at();
    assert!(!(2_000..2_100).any(|key| keys.has_place(key)));
    assert_eq!(keys.looked_at(), 256, "all of them may have changed");
}

#[tokio::test(start_paused = true)]
async fn known_keys_are_found_while_nobody_looks() {
    let keys = Asked::new("asked-known", 2);
    assert!(keys.has_place(1) && keys.has_place(2) && !keys.has_place(3));
    assert!(keys.has_place(1) && keys.has_place(2));
}
