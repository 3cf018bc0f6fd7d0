use std::io::{IsTerminal, stderr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::say::say;
use crate::engine::{Counts, Progress};
use crate::experiment::PerGroup;

/// Shows on standard error how a run gets on: a bar on a terminal, dated lines elsewhere.
#[derive(Debug)]
pub(super) struct Shown {
    bar: Option<ProgressBar>,
    phase: Mutex<String>,
}

impl Shown {
    /// Shows a run of the given length.
    pub(super) fn new(length: Duration) -> Self {
        let bar = stderr().is_terminal().then(|| bar(length));
        Self { bar, phase: Mutex::default() }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.finish();
    }
}

fn bar(length: Duration) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {elapsed} {msg}");
    let style = style.expect("the template is a constant with known fields");
    ProgressBar::new(millis(length)).with_style(style)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl Progress for Shown {
    fn note(&self, line: &str) {
        if let Some(bar) = &self.bar {
            bar.println(format!("  {line}"));
        } else {
            let now = jiff::Timestamp::now();
            say(format_args!("{} {line}", now.strftime("%H:%M:%S%.3fZ")));
        }
    }

    fn phase(&self, number: usize, of: usize, name: &str) {
        let text = format!("phase {number} of {of}: {name}");
        self.note(&text);
        *self.phase.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }

    fn tick(&self, passed: Duration, counts: PerGroup<Counts>) {
        let Some(bar) = &self.bar else { return };
        let PerGroup { guarded, bare } = counts;
        bar.set_position(millis(passed));
        let phase = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        bar.set_message(format!(
            "{phase} | acknowledged/not: guarded {}/{}, bare {}/{}",
            guarded.acknowledged, guarded.other, bare.acknowledged, bare.other
        ));
    }
}
