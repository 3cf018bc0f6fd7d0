//! The services inside: what they answer is known, so that a call that went elsewhere shows.

mod answer;
mod echo;
mod flaky;
mod request;
mod script;

pub(crate) use answer::Answer;
pub(crate) use echo::Echo;
pub(crate) use flaky::Flaky;
pub(crate) use request::{Ask, Request};
pub(crate) use script::{Mode, Script, Scripted};

/// The service inside failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Down;

impl std::fmt::Display for Down {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("down")
    }
}

impl std::error::Error for Down {}

/// An error that the service inside can fail with.
pub(crate) trait Failure: Send + 'static {
    /// The failure.
    fn down() -> Self;
}

impl Failure for Down {
    fn down() -> Self {
        Self
    }
}

impl Failure for resilience::Error<Down> {
    fn down() -> Self {
        Self::Inner(Down)
    }
}

impl Failure for tower::BoxError {
    fn down() -> Self {
        Box::new(Down)
    }
}
