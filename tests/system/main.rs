//! The whole system, as processes.
//!
//! The machine is shared by what runs at the same time, so tests that measure take turns.

mod breakdown;
mod data;
mod interference;
mod interruption;
mod usage;
mod verdict;

use tokio::sync::{Semaphore, SemaphorePermit};

/// Waits until no other test measures.
async fn alone() -> SemaphorePermit<'static> {
    static TURN: Semaphore = Semaphore::const_new(1);
    TURN.acquire().await.expect("the semaphore is never closed")
}
