//! The error of the service inside, in each of the types that a layer may meet it in.

use std::{error, fmt, io};

use resilience::{BoxError, Error};

/// An error that can be told apart from any other, with a cause of its own.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) number: u32,
    cause: io::Error,
}

impl Broken {
    pub(crate) fn new(number: u32) -> Self {
        Self { number, cause: io::Error::other("disk full") }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "broken {}", self.number)
    }
}

impl error::Error for Broken {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.cause)
    }
}

/// An error type that holds a [`Broken`], with nothing around it that hides it.
pub(crate) trait Failure: fmt::Debug + Send + Sync + 'static {
    fn broken(number: u32) -> Self;

    /// The failure, taken out by the type alone and not by a walk along sources.
    fn as_broken(&self) -> Option<&Broken>;
}

impl Failure for Broken {
    fn broken(number: u32) -> Self {
        Self::new(number)
    }

    fn as_broken(&self) -> Option<&Broken> {
        Some(self)
    }
}

impl Failure for BoxError {
    fn broken(number: u32) -> Self {
        Box::new(Broken::new(number))
    }

    fn as_broken(&self) -> Option<&Broken> {
        self.downcast_ref()
    }
}

impl<E: Failure> Failure for Error<E> {
    fn broken(number: u32) -> Self {
        Self::Inner(E::broken(number))
    }

    fn as_broken(&self) -> Option<&Broken> {
        match self {
            Self::Inner(error) => error.as_broken(),
            Self::Rejected(_) => None,
        }
    }
}
