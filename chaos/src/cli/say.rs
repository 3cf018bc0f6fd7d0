use std::fmt::Display;
use std::io::{Write, stderr, stdout};

use anyhow::Context;

/// Writes a line to standard error.
///
/// Unlike `eprintln!` it does not panic when nobody reads there any more: a run must end its
/// services in any case.
pub(super) fn say(line: impl Display) {
    let _ = writeln!(stderr(), "{line}");
}

/// Writes a line of the result to standard output.
///
/// # Errors
///
/// When nobody reads there: whoever only prints may as well end.
pub(super) fn print(line: impl Display) -> anyhow::Result<()> {
    writeln!(stdout(), "{line}").context("cannot write the result")
}

/// The time of day, for lines of a log.
pub(super) fn time() -> impl Display {
    jiff::Timestamp::now().strftime("%H:%M:%S%.3fZ")
}
