use std::time::Duration;

/// What a [`Script`](super::Script) does with one call.
///
/// A `Result` is an answer too: `Script::new([Ok(1), Err("down")])`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "an answer does nothing until it is part of a script"]
pub struct Answer<T, E> {
    pub(super) delay: Option<Duration>,
    pub(super) end: End<T, E>,
}

/// How a call comes to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End<T, E> {
    Result(Result<T, E>),
    Never,
    PanicInCall,
    PanicInFuture,
}

impl<T, E> Answer<T, E> {
    /// The response is `value`.
    pub const fn ok(value: T) -> Self {
        Self::at_once(End::Result(Ok(value)))
    }

    /// The call fails with `error`.
    pub const fn err(error: E) -> Self {
        Self::at_once(End::Result(Err(error)))
    }

    /// The call never ends; only a drop does away with it.
    pub const fn never() -> Self {
        Self::at_once(End::Never)
    }

    /// `call` panics, so that there is no future; an [`after`](Self::after) changes nothing.
    pub const fn panic_in_call() -> Self {
        Self::at_once(End::PanicInCall)
    }

    /// The future panics when it is polled.
    pub const fn panic_in_future() -> Self {
        Self::at_once(End::PanicInFuture)
    }

    /// Lets `delay` pass first, counted from the call on Tokio's clock, whose timers are exact to
    /// a millisecond.
    ///
    /// Without it the answer is there at the first poll.
    pub const fn after(mut self, delay: Duration) -> Self {
        self.delay = Some(delay);
        self
    }

    const fn at_once(end: End<T, E>) -> Self {
        Self { delay: None, end }
    }
}

impl<T, E> From<Result<T, E>> for Answer<T, E> {
    fn from(result: Result<T, E>) -> Self {
        Self::at_once(End::Result(result))
    }
}
