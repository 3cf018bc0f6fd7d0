use std::fmt::Display;
use std::io::{Write, stderr};

/// Writes a line to standard error.
///
/// Unlike `eprintln!` it does not panic when nobody reads there any more: a run must end its
/// services in any case.
pub(super) fn say(line: impl Display) {
    let _ = writeln!(stderr(), "{line}");
}
