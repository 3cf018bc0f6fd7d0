//! Threads that meet.

use std::{
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use super::*;
use crate::circuit_breaker::keyed::{KeyedCircuitBreakerHandle, breakers::Breakers};

const THREADS: usize = 4;

/// Has all threads do `work` at once, and each of its steps together.
fn together(work: impl Fn(usize, &Barrier) + Sync) {
    let barrier = Barrier::new(THREADS);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (work, barrier) = (&work, &barrier);
            scope.spawn(move || work(thread, barrier));
        }
    });
}

fn standalone(name: &'static str, max_keys: usize) -> KeyedCircuitBreakerHandle {
    KeyedCircuitBreakerHandle::standalone(Name::from_static(name), config(max_keys))
}

#[test]
fn a_key_that_many_threads_see_first_has_one_breaker() {
    const KEYS: u64 = 200;
    let handle = standalone("keyed-first", 1_000);
    together(|_, barrier| {
        for key in 0..KEYS {
            barrier.wait();
            handle.breaker(key).try_acquire().unwrap().succeeded();
        }
    });
    assert_eq!(handle.key_counts().made, KEYS);
    let totals = handle.snapshots(None, usize::MAX);
    assert!(totals.iter().all(|one| one.breaker.counts.total == THREADS as u64));
}

#[test]
fn the_probes_of_a_key_are_limited_over_all_threads() {
    let handle = standalone("keyed-probes", 10);
    for round in 0_u64..50 {
        let half_open = handle.breaker(round);
        half_open.half_open().unwrap();
        drop(half_open);
        let admitted = AtomicUsize::new(0);
        together(|_, barrier| {
            barrier.wait();
            let permit = handle.breaker(round).try_acquire();
            admitted.fetch_add(usize::from(permit.is_ok()), Ordering::Relaxed);
            // A probe that is given back may be had by another thread.
            barrier.wait();
            drop(permit);
        });
        assert_eq!(admitted.into_inner(), 1);
        handle.breaker(round).close();
    }
}

#[test]
fn many_threads_with_distinct_keys_stay_within_the_cap() {
    const CAP: usize = 50;
    const KEYS: u64 = 5_000;
    let handle = standalone("keyed-crowd", CAP);
    together(|thread, _| {
        for key in 0..KEYS {
            let own = key * THREADS as u64 + thread as u64;
            drop(handle.breaker(own).try_acquire().unwrap());
            handle.breaker("shared").try_acquire().unwrap().succeeded();
            assert!(handle.len() <= CAP);
        }
    });
    let counts = handle.key_counts();
    assert_eq!(handle.len(), CAP);
    assert_eq!(counts.made - counts.evicted, CAP as u64);
    assert_eq!(handle.calls().cancelled, KEYS * THREADS as u64);
    assert_eq!(handle.calls().succeeded, KEYS * THREADS as u64, "every call counts once");
}

#[test]
fn a_known_key_is_found_though_somebody_holds_the_lock() {
    let breakers = Breakers::new(Name::from_static("keyed-locked"), config(10));
    let handle = KeyedCircuitBreakerHandle::new(Arc::clone(&breakers));
    handle.breaker("known");
    let locked = breakers.lock();
    let (told, hears) = mpsc::channel();
    thread::spawn(move || {
        handle.breaker("known").try_acquire().unwrap().succeeded();
        told.send(handle.get("known").map(|known| known.snapshot().counts.total))
    });
    let total = hears.recv_timeout(Duration::from_secs(30)).expect("it waits for the lock");
    assert_eq!(total, Some(1));
    drop(locked);
}
