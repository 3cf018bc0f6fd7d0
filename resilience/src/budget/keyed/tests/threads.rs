//! Threads that meet.

use std::{
    sync::{
        Barrier,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use super::*;

const THREADS: u64 = 4;

/// Has all threads do `work` at once, and each of its steps together.
fn together(work: impl Fn(u64, &Barrier) + Sync) {
    let barrier = Barrier::new(usize::try_from(THREADS).unwrap());
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (work, barrier) = (&work, &barrier);
            scope.spawn(move || work(thread, barrier));
        }
    });
}

/// A budget that no time fills, since here it passes.
fn costs() -> CostBudget {
    CostBudget::builder().capacity(10).retry_cost(1).build().unwrap()
}

#[test]
fn threads_that_see_a_key_first_spend_from_one_budget() {
    const KEYS: u64 = 200;
    let budgets = KeyedRetryBudget::new(Name::from_static("budgets-first"), costs());
    let granted = AtomicU64::new(0);
    together(|_, barrier| {
        for key in 0..KEYS {
            barrier.wait();
            granted.fetch_add(spend(&budgets.budget(key), 10), Ordering::Relaxed);
        }
    });
    assert_eq!(budgets.key_counts().made, KEYS);
    assert_eq!(granted.into_inner(), KEYS * 10);
}

#[test]
fn threads_that_make_up_keys_have_no_more_than_the_places_and_the_overflow_hold() {
    const CAP: u64 = 10;
    let config = Config::builder(costs()).max_keys(usize::try_from(CAP).unwrap()).build().unwrap();
    let budgets = KeyedRetryBudget::unlisted(Name::from_static("budgets-crowd"), config);
    let granted = AtomicU64::new(0);
    together(|thread, _| {
        for key in 0..5_000 {
            let budget = budgets.budget(key * THREADS + thread);
            granted.fetch_add(spend(&budget, 10), Ordering::Relaxed);
            drop(budget);
            assert!(budgets.len() <= usize::try_from(CAP).unwrap());
        }
    });
    // Whoever has a new budget in his hand when it is judged holds it, and then has spent.
    assert_eq!(granted.into_inner(), (CAP + 1) * 10);
    assert_eq!(budgets.key_counts().evicted, 0);
}
