use std::{
    cell::Cell,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

pub(crate) use std::sync::{
    Mutex, MutexGuard, OnceLock,
    atomic::{AtomicU32, AtomicU64},
};

pub(crate) use tokio::sync::Notify;

static NEXT_THREAD: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static THREAD: Cell<Option<usize>> = const { Cell::new(None) };
}

/// The number of this thread, in the order in which threads first asked.
pub(crate) fn thread_index() -> usize {
    THREAD.with(|cell| {
        cell.get().unwrap_or_else(|| {
            let index = NEXT_THREAD.fetch_add(1, Ordering::Relaxed);
            cell.set(Some(index));
            index
        })
    })
}

/// How many threads can run at once.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}
