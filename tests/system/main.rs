//! The whole system, as processes.
//!
//! The machine is shared by what runs at the same time, so tests that measure take turns.

mod breakdown;
mod data;
mod interference;
mod interruption;
mod play;
mod play_interrupted;
mod traces;
mod usage;
mod verdict;

use system_tests::Home;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Waits until no other test measures.
async fn alone() -> SemaphorePermit<'static> {
    static TURN: Semaphore = Semaphore::const_new(1);
    TURN.acquire().await.expect("the semaphore is never closed")
}

/// Fails when a process, file or directory of `home` is still there.
fn assert_nothing_is_left(home: &Home) {
    assert!(home.processes().is_empty(), "processes {:?} still run", home.processes());
    assert!(home.leftovers().is_empty(), "{:?}", home.leftovers());
}
