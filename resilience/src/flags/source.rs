use std::future::{Future, ready};

use super::set::{FlagError, FlagSet};

/// Where flags come from.
///
/// It is asked by a task, see [`Flags::follow`](super::Flags::follow), so its future may take its
/// time: no call waits for it. What blocks belongs on a thread of its own, as anywhere in a runtime.
///
/// # Examples
///
/// ```
/// use std::future::{Future, ready};
/// use resilience::flags::{FlagError, FlagSet, FlagSource};
///
/// /// What another thread reads, and why it cannot.
/// struct Read(std::sync::mpsc::Receiver<Result<String, std::io::Error>>);
///
/// impl FlagSource for Read {
///     fn name(&self) -> &str {
///         "reader"
///     }
///
///     fn flags(&mut self) -> impl Future<Output = Result<FlagSet, FlagError>> + Send {
///         let text = self.0.try_recv().map_err(|_| FlagError::new("there is nothing new"));
///         let text = text.and_then(|text| text.map_err(|error| FlagError::new(error.to_string())));
///         ready(text.and_then(|text| FlagSet::from_json(&text)))
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
pub struct StaticFlags {
    name: String,
    flags: FlagSet,
}

impl StaticFlags {
    /// Says `flags`, as the source called `name`.
    #[must_use]
    pub fn new(name: impl Into<String>, flags: FlagSet) -> Self {
        Self { name: name.into(), flags }
    }
}

impl FlagSource for StaticFlags {
    fn name(&self) -> &str {
        &self.name
    }

    fn flags(&mut self) -> impl Future<Output = Result<FlagSet, FlagError>> + Send {
        ready(Ok(self.flags.clone()))
    }
}
