//! What layers around and inside of it have to tell the span of an attempt.
//!
//! Retry knows the wait before an attempt and the breaker the state in which it decided. The layer
//! that makes the span stands between the two and sees neither. So both leave word here, on the thread
//! that makes the call: a value that travels with the request would be copied by every layer, also where
//! nobody traces, and a handle on the breaker would be counted by each clone of a service. Without a
//! subscriber for spans each of them costs one relaxed load.

use std::{cell::Cell, time::Duration};

use tracing::{
    Level, Span,
    level_filters::{LevelFilter, STATIC_MAX_LEVEL},
};

/// The field for the state of the breaker.
pub(crate) const BREAKER_STATE: &str = "resilience.breaker_state";

thread_local! {
    static WAITED: Cell<Option<Duration>> = const { Cell::new(None) };
    /// The span of the attempt whose call is just made. It is not always the current one: a layer in between
    /// may have entered its own.
    static ASKS: Cell<Option<Span>> = const { Cell::new(None) };
}

/// Whether anybody may want the span of an attempt.
#[inline]
pub(crate) fn is_wanted() -> bool {
    Level::INFO <= STATIC_MAX_LEVEL && LevelFilter::current() >= Level::INFO
}

/// The attempt that is called while this lives comes after a wait.
#[derive(Debug)]
#[must_use = "the word is taken back when this is dropped"]
pub(crate) struct After(());

/// Says that the attempt to be called comes after `wait`; `None`: nobody wants to know.
pub(crate) fn after(wait: Option<Duration>) -> Option<After> {
    is_wanted().then(|| {
        WAITED.set(wait);
        After(())
    })
}

impl Drop for After {
    fn drop(&mut self) {
        WAITED.set(None);
    }
}

/// The wait before the attempt that is being called. It is told once: a stack that is called further
/// inside has attempts of its own.
pub(crate) fn take_wait() -> Option<Duration> {
    WAITED.take()
}

/// Makes the call of an attempt in its `span`.
pub(crate) fn call_in<T>(span: &Span, call: impl FnOnce() -> T) -> T {
    struct Asking(Option<Span>);
    impl Drop for Asking {
        fn drop(&mut self) {
            drop(ask(self.0.take()));
        }
    }
    let _asking = Asking(ask(Some(span.clone())));
    span.in_scope(call)
}

/// Puts a span in the place of another. At the end of a thread there is no place.
fn ask(span: Option<Span>) -> Option<Span> {
    ASKS.try_with(|asks| asks.replace(span)).ok().flatten()
}

/// Notes in the span of the attempt that is being called, if there is one, the state in which the
/// breaker has decided. The outermost breaker inside of the span is the one that counts.
///
/// For callers that have found that it [is wanted](is_wanted).
pub(crate) fn note_breaker(state: impl FnOnce() -> &'static str) {
    if let Some(span) = ask(None) {
        span.record(BREAKER_STATE, state());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tracing::{Level, subscriber::with_default};

    use super::{after, take_wait};

    #[test]
    fn a_wait_is_told_once_and_taken_back() {
        let wait = Some(Duration::from_millis(5));
        assert!(after(wait).is_none(), "nobody wants to know");
        let spans = tracing_subscriber::fmt().with_max_level(Level::INFO).finish();
        with_default(spans, || {
            let told = after(wait);
            assert_eq!((take_wait(), take_wait()), (wait, None));
            drop(told);
            let untaken = after(wait);
            drop(untaken);
            assert_eq!(take_wait(), None);
        });
    }
}
