//! The faults that can be injected, one file each, and the table that lists them.
//!
//! To add one: a file with a serde struct that implements [`Fault`], a row in the table,
//! and a test that injects it, proves its effect, undoes it and proves it gone.

mod http_fault;
mod kill;
mod table;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;

pub use http_fault::HttpFault;
pub use kill::Kill;
pub use table::{KINDS, Kind, resolve};

use crate::measure::Effect;
use crate::target::Site;

/// Something that breaks the system for a while.
pub trait Fault: fmt::Debug + Send + Sync {
    /// Looks for settings that make no sense.
    ///
    /// # Errors
    ///
    /// Names the setting, its value and what is allowed.
    fn check(&self) -> anyhow::Result<()>;

    /// What it does, in words that finish the sentence "in this phase ...".
    fn describe(&self) -> String;

    /// How long after the first order of a phase it begins; zero: just before it, so that
    /// every call of the phase meets it.
    fn begins_after(&self) -> Duration {
        Duration::ZERO
    }

    /// How long it is kept when the phase could keep it for `rest`.
    fn lasts(&self, rest: Duration) -> Duration {
        rest
    }

    /// Breaks the system. The engine undoes it after `lasts`.
    ///
    /// It is noted in the site's journal first, and must end by itself, with the site's
    /// processes, or by what the journal says of a container, should the tool be killed before
    /// it can undo it.
    fn inject<'a>(
        &'a self,
        site: &'a mut Site,
        lasts: Duration,
    ) -> BoxFuture<'a, anyhow::Result<Box<dyn Undo>>>;
}

/// The way back from an injected fault.
///
/// Nothing is undone by a drop: when a run ends early the site's processes are killed, and
/// with them every fault that is armed inside them. Containers are mended by their journal.
#[must_use = "a fault that is not undone stays until it expires"]
pub trait Undo: fmt::Debug + Send {
    /// Mends the system and tells what the fault was seen to do.
    fn undo(self: Box<Self>, site: &mut Site) -> BoxFuture<'_, anyhow::Result<Effect>>;
}
