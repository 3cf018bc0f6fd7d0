//! Whether breakers are right where it is easy to be wrong, each trial a small program.

mod guarded;
mod late;
mod probes;
mod subjects;

use std::{fmt::Write as _, io};

use guarded::Guarded;

use crate::harness::driven;

/// The name by which the command line knows them.
pub(crate) const NAME: &str = "trials";

/// What a breaker did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Right,
    Wrong(&'static str),
    /// It has no such thing.
    Foreign(&'static str),
}

use Verdict::{Foreign, Right, Wrong};

/// Something to be right about.
struct Trial {
    title: &'static str,
    run: fn(&dyn Guarded) -> Verdict,
}

const TRIALS: [Trial; 9] = [
    Trial { title: "(a) a dropped probe gives its place back", run: probes::dropped },
    Trial { title: "(b) panics count as failures", run: probes::panics },
    Trial { title: "(b) a probe that panics does not block", run: probes::panicked },
    Trial { title: "(c) of 1,000 callers one is the probe", run: probes::crowd },
    Trial { title: "(d) a late failure does not reopen", run: late::failure_half_open },
    Trial { title: "(d) a late success does not close, half-open", run: late::success_half_open },
    Trial { title: "(d) a late success does not close, open", run: late::success_open },
    Trial { title: "(e) the instance called was asked", run: probes::readiness },
    Trial { title: "it opens after 100,000 good calls", run: late::after_a_good_time },
];

/// Runs all trials on all subjects: a table as Markdown.
///
/// # Errors
///
/// When there can be no runtime.
pub(crate) fn table() -> io::Result<String> {
    // Some wait for a timer before they are ready.
    let runtime = driven()?;
    let _entered = runtime.enter();
    // The trials with panics would fill the screen.
    std::panic::set_hook(Box::new(|_| {}));
    let subjects = subjects::all();
    let mut text = String::from("\n### what breakers get right\n\n| trial |");
    for subject in &subjects {
        _ = write!(text, " {} |", subject.name);
    }
    _ = writeln!(text, "\n|---|{}", "---|".repeat(subjects.len()));
    for Trial { title, run } in TRIALS {
        _ = write!(text, "| {title} |");
        for subject in &subjects {
            _ = match run(&*(subject.make)()) {
                Right => write!(text, " right |"),
                Wrong(how) => write!(text, " **wrong**: {how} |"),
                Foreign(why) => write!(text, " {why} |"),
            };
        }
        text.push('\n');
    }
    _ = std::panic::take_hook();
    Ok(text)
}
