//! The dashboard in a browser, as a person uses it.
//!
//! It drives Debian's chromium through chromedriver; both must be installed. The machine is
//! shared by what runs at the same time, so the tests take turns.
//!
//! With the variable `PICTURES` set to a directory, the page is left there as a picture in each
//! of its states.

mod chromium;
mod faults;
mod keyboard;
mod keys;
mod load;
mod looks;
mod operate;
mod pictures;
mod restart;
mod site;
mod story;
mod wire;

use tokio::sync::{Semaphore, SemaphorePermit};

/// Waits until no other test runs.
async fn alone() -> SemaphorePermit<'static> {
    static TURN: Semaphore = Semaphore::const_new(1);
    TURN.acquire().await.expect("the semaphore is never closed")
}
