//! Virtual time: what Tokio's own `advance` and `timeout_at` leave to each test.

use std::{future::Future, hint, time::Duration};

use tokio::time::{Instant, advance, timeout_at};

use crate::time;

/// Awaits `future` and tells how much virtual time that took, with what came of it.
///
/// The paused clock moves by itself from timer to timer while nothing else can be done, so no
/// real time is waited. On a clock that was paused from the start the result is exact; one that
/// ran before stands between two milliseconds, and timers fire at whole ones.
///
/// # Panics
///
/// When Tokio's clock is not paused.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use resilience::test_util::elapsed_of;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let minute = Duration::from_secs(60);
/// let (took, answer) = elapsed_of(async {
///     tokio::time::sleep(minute).await;
///     42
/// })
/// .await;
/// assert_eq!((took, answer), (minute, 42));
/// # }
/// ```
pub async fn elapsed_of<F: Future>(future: F) -> (Duration, F::Output) {
    assert_paused("elapsed_of");
    let began = time::read();
    let output = future.await;
    (time::read().saturating_duration_since(began), output)
}

/// Awaits `future` until `instant` at the latest; `None` means that it has not ended then.
///
/// A future that ends at `instant` itself has ended. One that has not can be awaited further.
///
/// # Cancellation
///
/// A drop leaves `future` as it is.
///
/// # Panics
///
/// When Tokio's clock is not paused.
///
/// # Examples
///
/// ```
/// use std::{pin::pin, time::Duration};
/// use resilience::test_util::run_until;
/// use tokio::time::{Instant, sleep};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let began = Instant::now();
/// let mut nap = pin!(sleep(Duration::from_millis(100)));
/// assert!(run_until(began + Duration::from_millis(99), nap.as_mut()).await.is_none());
/// assert!(run_until(began + Duration::from_millis(100), nap).await.is_some());
/// # }
/// ```
pub async fn run_until<F: Future + Unpin>(instant: Instant, future: F) -> Option<F::Output> {
    assert_paused("run_until");
    timeout_at(instant, future).await.ok()
}

/// Moves the paused clock to `instant` in one step.
///
/// Timers that are due on the way fire together at the end of the step; to stop at each of them,
/// sleep until `instant` instead.
///
/// # Panics
///
/// When Tokio's clock is not paused, and when `instant` has passed.
pub async fn advance_to(instant: Instant) {
    assert_paused("advance_to");
    let now = time::read();
    let step = instant.checked_duration_since(now);
    advance(step.unwrap_or_else(|| panic!("advance_to: that was {:?} ago", now - instant))).await;
}

/// Tokio does not tell whether its clock is paused, but a paused clock shows it: it stands still
/// while the machine's moves on.
#[expect(clippy::disallowed_methods, reason = "the clock that does not stop is what is wanted")]
fn assert_paused(what: &str) {
    let (paused, running) = (time::read(), std::time::Instant::now());
    while std::time::Instant::now() == running {
        hint::spin_loop();
    }
    assert!(
        time::read() == paused,
        "{what} needs a paused Tokio clock: `#[tokio::test(start_paused = true)]`, or \
         `tokio::time::pause()` first",
    );
}
