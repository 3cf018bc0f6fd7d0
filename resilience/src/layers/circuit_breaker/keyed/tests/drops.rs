//! What is dropped with a key, and looks at the keys itself.

use std::{sync::mpsc, thread};

use tokio::time::Instant;

use super::*;
use crate::{
    circuit_breaker::keyed::{KeyedCircuitBreakerHandle, breakers::Breakers},
    event::Listener,
};

/// More than a thread keeps of those that have left before it frees them together.
const MANY: u64 = 1_000;

/// Tells how many keys there are when it is dropped.
struct Last(KeyedCircuitBreakerHandle, mpsc::Sender<usize>);

impl Drop for Last {
    fn drop(&mut self) {
        // Who has asked may have gone by then.
        _ = self.1.send(self.0.len());
    }
}

/// What the listener of one key sees when that leaves, as `evict` has it leave on a thread of its
/// own.
fn seen_last(
    name: &'static str,
    max_keys: usize,
    evict: impl FnOnce(&Breakers) + Send + 'static,
) -> usize {
    let breakers = Breakers::unlisted(Name::from_static(name), config(max_keys));
    let handle = KeyedCircuitBreakerHandle::new(Arc::clone(&breakers));
    let (tells, seen) = mpsc::channel();
    let last = Last(handle.clone(), tells);
    handle.breaker("a").listen(Listener::new(move |_| _ = &last));
    thread::spawn(move || evict(&breakers));
    seen.recv_timeout(Duration::from_secs(30)).expect("it waits for the lock")
}

#[test]
fn what_is_dropped_with_a_key_that_makes_room_may_look_at_the_keys() {
    let seen = seen_last("keyed-drop-room", 2, |breakers| {
        for key in 0..MANY {
            breakers.find(key.into(), |_| ());
        }
    });
    assert_eq!(seen, 2);
}

#[test]
fn what_is_dropped_with_an_idle_key_may_look_at_the_keys() {
    let seen = seen_last("keyed-drop-idle", 10_000, |breakers| {
        for key in 0..MANY {
            breakers.find(key.into(), |_| ());
        }
        // The first finds the marks of use.
        for looks in 1..=2 {
            breakers.evict_idle(Instant::now() + looks * IDLE_FOR);
        }
    });
    assert!(seen <= 1 + usize::try_from(MANY).unwrap());
}
