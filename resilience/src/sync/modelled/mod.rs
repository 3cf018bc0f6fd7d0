//! The same types, each step of which the model checker may put anywhere.
//!
//! What is made while no model runs is the standard library's: counters that live as long as the
//! process are of no execution, and no state of one may reach the next.

mod swap;

use std::{
    cell::Cell,
    sync::atomic::{self as plain, Ordering},
    thread,
};

use loom::{model::Builder, sync::atomic as modelled};
use tokio::sync::futures::Notified;

pub(crate) use loom::sync::{Mutex, MutexGuard};

pub(crate) use swap::ArcSwap;

std::thread_local! {
    // All threads of a model run on the thread of its test, one at a time.
    static IS_ON: Cell<bool> = const { Cell::new(false) };
    static FENCES: Cell<Fences> = const { Cell::new(Fences::Nowhere) };
}

loom::thread_local! {
    static INDEX: Cell<usize> = Cell::new(0);
}

/// Where a fence stands for the one order of all `SeqCst` operations.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fences {
    Nowhere,
    BeforeLoads,
    AfterChanges,
}

/// As [`explore`], where all `SeqCst` operations have one order.
///
/// The checker knows no such order but that of fences. A fence between a change and the load after
/// it belongs to either, so both are tried: a load that is too weak is found by the one, and a
/// change by the other. As fences order more than that, only laws that need the order are explored
/// with it.
pub(crate) fn explore_in_one_order(
    preemptions: usize,
    at_least: usize,
    model: impl Fn() + Clone + Send + Sync + 'static,
) {
    for fences in [Fences::BeforeLoads, Fences::AfterChanges] {
        FENCES.set(fences);
        explore(preemptions, at_least, model.clone());
    }
}

/// Takes `model` through every order of steps with at most `preemptions` switches away from a
/// thread that could have gone on, and says how many there were. `SeqCst` operations do no more
/// than acquire and release.
///
/// # Panics
///
/// When one of them breaks the law, and when there were fewer than `at_least`: then the threads
/// of the model do not meet where they should.
pub(crate) fn explore(
    preemptions: usize,
    at_least: usize,
    model: impl Fn() + Send + Sync + 'static,
) {
    struct Off;
    impl Drop for Off {
        fn drop(&mut self) {
            IS_ON.set(false);
            FENCES.set(Fences::Nowhere);
        }
    }
    static NUMBER: plain::AtomicUsize = plain::AtomicUsize::new(0);
    std::thread_local! {
        static EXECUTIONS: Cell<usize> = const { Cell::new(0) };
    }

    let begun = tokio::time::Instant::now();
    let off = Off;
    IS_ON.set(true);
    EXECUTIONS.set(0);
    let mut builder = Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(preemptions));
    builder.max_branches = 100_000;
    builder.check(move || {
        EXECUTIONS.set(EXECUTIONS.get() + 1);
        model();
    });
    drop(off);
    let executions = EXECUTIONS.get();
    let law = thread::current();
    let number = NUMBER.fetch_add(1, Ordering::Relaxed) + 1;
    let (law, took) = (law.name().unwrap_or("a law"), begun.elapsed());
    println!("model {number}: {executions} executions in {took:.1?} of {law}");
    assert!(executions >= at_least, "{executions} executions, but at least {at_least} expected");
}

/// Starts a thread of a model, which has the number `index`; the first has 0.
pub(crate) fn spawn<T: 'static>(
    index: usize,
    work: impl FnOnce() -> T + 'static,
) -> loom::thread::JoinHandle<T> {
    loom::thread::spawn(move || {
        INDEX.with(|own| own.set(index));
        work()
    })
}

pub(crate) fn thread_number() -> usize {
    if IS_ON.get() { INDEX.with(Cell::get) } else { 0 }
}

/// As many as a model needs for two threads to have lines of their own.
pub(crate) const fn cores() -> usize {
    2
}

/// A word of a model.
///
/// The checker skips orders that it takes for equal, and where a thread loads a word before it
/// steps on it, as every loop around an exchange does, it does not see that the loads of others
/// before that are in conflict with the step. So each access takes its turn first, by a step of
/// its own that orders nothing in memory: then all accesses are in conflict.
#[derive(Debug)]
pub(crate) struct Word {
    turn: modelled::AtomicU64,
    word: modelled::AtomicU64,
}

impl Word {
    fn new(value: u64) -> Self {
        Self { turn: modelled::AtomicU64::new(0), word: modelled::AtomicU64::new(value) }
    }

    fn load(&self, order: Ordering) -> u64 {
        fence_at(order, Fences::BeforeLoads);
        self.turn();
        self.word.load(if order == Ordering::SeqCst { Ordering::Acquire } else { order })
    }

    /// The checker would let a plain store fall between what a step saw and what it wrote.
    fn store(&self, value: u64, order: Ordering) {
        self.change(order, |word, order| word.swap(value, order));
    }

    fn change<T>(
        &self,
        order: Ordering,
        change: impl FnOnce(&modelled::AtomicU64, Ordering) -> T,
    ) -> T {
        self.turn();
        let weak = if order == Ordering::SeqCst { Ordering::AcqRel } else { order };
        let changed = change(&self.word, weak);
        fence_at(order, Fences::AfterChanges);
        changed
    }

    fn turn(&self) {
        self.turn.fetch_add(1, Ordering::Relaxed);
    }
}

fn fence_at(order: Ordering, fences: Fences) {
    if order == Ordering::SeqCst && FENCES.get() == fences {
        modelled::fence(Ordering::SeqCst);
    }
}

/// A fence that the code itself has.
pub(crate) fn fence(order: Ordering) {
    if IS_ON.get() {
        modelled::fence(order);
    }
}

#[derive(Debug)]
pub(crate) enum AtomicU64 {
    Plain(plain::AtomicU64),
    Modelled(Word),
}

impl AtomicU64 {
    pub(crate) fn new(value: u64) -> Self {
        if IS_ON.get() {
            Self::Modelled(Word::new(value))
        } else {
            Self::Plain(plain::AtomicU64::new(value))
        }
    }

    pub(crate) fn load(&self, order: Ordering) -> u64 {
        match self {
            Self::Plain(word) => word.load(order),
            Self::Modelled(word) => word.load(order),
        }
    }

    pub(crate) fn store(&self, value: u64, order: Ordering) {
        match self {
            Self::Plain(word) => word.store(value, order),
            Self::Modelled(word) => word.store(value, order),
        }
    }

    pub(crate) fn compare_exchange(
        &self,
        seen: u64,
        next: u64,
        order: Ordering,
        failed: Ordering,
    ) -> Result<u64, u64> {
        match self {
            Self::Plain(word) => word.compare_exchange(seen, next, order, failed),
            Self::Modelled(word) => {
                word.change(order, |word, order| word.compare_exchange(seen, next, order, failed))
            }
        }
    }

    pub(crate) fn compare_exchange_weak(
        &self,
        seen: u64,
        next: u64,
        order: Ordering,
        failed: Ordering,
    ) -> Result<u64, u64> {
        self.compare_exchange(seen, next, order, failed)
    }

    pub(crate) fn fetch_update(
        &self,
        order: Ordering,
        failed: Ordering,
        step: impl Fn(u64) -> Option<u64>,
    ) -> Result<u64, u64> {
        let mut seen = self.load(failed);
        while let Some(next) = step(seen) {
            match self.compare_exchange(seen, next, order, failed) {
                Ok(_) => return Ok(seen),
                Err(met) => seen = met,
            }
        }
        Err(seen)
    }

    pub(crate) fn fetch_add(&self, more: u64, order: Ordering) -> u64 {
        match self {
            Self::Plain(word) => word.fetch_add(more, order),
            Self::Modelled(word) => word.change(order, |word, order| word.fetch_add(more, order)),
        }
    }

    pub(crate) fn fetch_sub(&self, less: u64, order: Ordering) -> u64 {
        match self {
            Self::Plain(word) => word.fetch_sub(less, order),
            Self::Modelled(word) => word.change(order, |word, order| word.fetch_sub(less, order)),
        }
    }

    pub(crate) fn fetch_max(&self, least: u64, order: Ordering) -> u64 {
        match self {
            Self::Plain(word) => word.fetch_max(least, order),
            Self::Modelled(word) => word.change(order, |word, order| word.fetch_max(least, order)),
        }
    }
}

impl Default for AtomicU64 {
    fn default() -> Self {
        Self::new(0)
    }
}

/// A short word takes the steps of a long one.
#[derive(Debug)]
pub(crate) struct AtomicU32(AtomicU64);

impl AtomicU32 {
    pub(crate) fn new(value: u32) -> Self {
        Self(AtomicU64::new(value.into()))
    }

    pub(crate) fn load(&self, order: Ordering) -> u32 {
        short(self.0.load(order))
    }

    pub(crate) fn store(&self, value: u32, order: Ordering) {
        self.0.store(value.into(), order);
    }

    pub(crate) fn compare_exchange(
        &self,
        seen: u32,
        next: u32,
        order: Ordering,
        failed: Ordering,
    ) -> Result<u32, u32> {
        let step = self.0.compare_exchange(seen.into(), next.into(), order, failed);
        step.map(short).map_err(short)
    }

    pub(crate) fn fetch_update(
        &self,
        order: Ordering,
        failed: Ordering,
        step: impl Fn(u32) -> Option<u32>,
    ) -> Result<u32, u32> {
        let step = |seen| step(short(seen)).map(u64::from);
        self.0.fetch_update(order, failed, step).map(short).map_err(short)
    }
}

fn short(value: u64) -> u32 {
    u32::try_from(value).expect("only short values are put in")
}

/// Tokio's, each operation of which is one step.
#[derive(Debug, Default)]
pub(crate) struct Notify {
    turn: AtomicU64,
    inner: tokio::sync::Notify,
}

impl Notify {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn notified(&self) -> Notified<'_> {
        self.inner_in_turn().notified()
    }

    pub(crate) fn notify_one(&self) {
        self.inner_in_turn().notify_one();
    }

    pub(crate) fn notify_waiters(&self) {
        self.inner_in_turn().notify_waiters();
    }

    fn inner_in_turn(&self) -> &tokio::sync::Notify {
        self.turn.fetch_add(1, Ordering::Relaxed);
        &self.inner
    }
}

/// Who sees that it is set sees what it holds, and no more: that is what the real one promises.
#[derive(Debug)]
pub(crate) struct OnceLock<T> {
    value: std::sync::OnceLock<T>,
    is_set: AtomicU64,
    /// Held while the value is made; there is none for what no model runs through.
    making: Option<Mutex<()>>,
}

impl<T> OnceLock<T> {
    pub(crate) fn new() -> Self {
        let making = IS_ON.get().then(|| Mutex::new(()));
        Self { value: std::sync::OnceLock::new(), is_set: AtomicU64::new(0), making }
    }

    pub(crate) fn get(&self) -> Option<&T> {
        (self.is_set.load(Ordering::Acquire) == 1).then(|| self.value.get()).flatten()
    }

    pub(crate) fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        if let Some(value) = self.get() {
            return value;
        }
        let _making = self.making.as_ref().map(|making| making.lock().expect("no panic inside"));
        let value = self.value.get_or_init(make);
        self.is_set.store(1, Ordering::Release);
        value
    }

    /// Sets it, unless it is set.
    pub(crate) fn set(&self, value: T) -> Result<(), T> {
        let mut value = Some(value);
        self.get_or_init(|| value.take().expect("it is made once"));
        value.map_or(Ok(()), Err)
    }
}

impl<T> Default for OnceLock<T> {
    fn default() -> Self {
        Self::new()
    }
}
