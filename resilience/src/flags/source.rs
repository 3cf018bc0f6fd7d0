use std::future::{Future, ready};

use super::set::{FlagError, FlagSet};

/// Where flags come from.
///
/// It is asked by a task, see [`Flags::follow`](super::Flags::follow), so it may take its time: no
/// call waits for it.
///
/// # Examples
///
/// ```
/// use std::future::{Future, ready};
/// use resilience::flags::{FlagError, FlagSet, FlagSource};
///
/// /// Nothing on Fridays.
/// struct Workdays(FlagSet);
///
/// impl FlagSource for Workdays {
///     fn name(&self) -> &str {
///         "workdays"
///     }
///
///     fn flags(&mut self) -> impl Future<Output = Result<FlagSet, FlagError>> + Send {
///         let is_friday = false;
///         ready(Ok(if is_friday { FlagSet::new() } else { self.0.clone() }))
///     }
/// }
/// ```
pub trait FlagSource: Send {
    /// Its name for people, which differs from that of any other source.
    fn name(&self) -> &str;

    /// What it says at this moment.
    ///
    /// # Errors
    ///
    /// [`FlagError`] when it cannot be read or is wrong.
    fn flags(&mut self) -> impl Future<Output = Result<FlagSet, FlagError>> + Send;
}

/// Flags that never change.
#[derive(Clone, Debug)]
pub struct StaticFlags(FlagSet);

impl StaticFlags {
    /// Says `flags`.
    #[must_use]
    pub const fn new(flags: FlagSet) -> Self {
        Self(flags)
    }
}

impl FlagSource for StaticFlags {
    fn name(&self) -> &str {
        "static"
    }

    fn flags(&mut self) -> impl Future<Output = Result<FlagSet, FlagError>> + Send {
        ready(Ok(self.0.clone()))
    }
}
