use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};

/// The time by which batches are measured.
#[expect(clippy::disallowed_methods, reason = "real time is what a benchmark measures")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// How long this thread has run on a core.
pub(crate) fn cpu_time() -> Duration {
    let ran = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID);
    ran.expect("every thread of Linux has this clock").into()
}
