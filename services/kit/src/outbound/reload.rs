//! The policies of a client from a file that is read again whenever it changes.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use resilience::settings::{StackHandle, StackSettings};
use tokio::time::{MissedTickBehavior, interval};

use super::{Without, limits::leave_out};
use crate::process::BadConfig;

/// How often the file is looked at. It is read whole and compared, because the times of two quick
/// writes may be the same.
const EVERY: Duration = Duration::from_millis(250);

/// The longest file.
const LONGEST: u64 = 64 * 1024;

/// A file of policies, and what of it is in force.
#[derive(Debug)]
pub struct PolicyFile {
    path: PathBuf,
    without: Without,
    /// What was read last, whether or not it could be used: a mistake is told once.
    seen: Result<String, io::ErrorKind>,
}

/// What a look at the file came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Look {
    /// It says what it said.
    Same,
    /// Its settings are in force.
    Applied,
    /// It is wrong, and what was in force stays so.
    Refused(String),
}

impl PolicyFile {
    /// Reads the file for the first time, for a client without the policies in `without`.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is wrong: all its mistakes are in the error.
    pub fn open(path: &Path, without: &Without) -> anyhow::Result<(Self, StackSettings)> {
        let named = || format!("--policies is {}", path.display());
        let read = read(path).with_context(named).and_then(|text| {
            let settings = toml::from_str(&text).with_context(named)?;
            Ok((text, settings))
        });
        let (text, settings) = read.map_err(|error| BadConfig(format!("{error:#}")))?;
        let file = Self { path: path.to_owned(), without: without.clone(), seen: Ok(text) };
        Ok((file, settings))
    }

    /// Looks at the file, and has the policies of `running` go by it if it has changed.
    pub fn look(&mut self, running: &StackHandle) -> Look {
        let now = read(&self.path).map_err(|error| error.kind());
        if now == self.seen {
            return Look::Same;
        }
        self.seen = now;
        let text = match &self.seen {
            Ok(text) => text,
            Err(kind) => return Look::Refused(format!("it cannot be read: {kind}")),
        };
        let settings: StackSettings = match toml::from_str(text) {
            Ok(settings) => settings,
            Err(error) => return Look::Refused(error.to_string()),
        };
        match running.update(&leave_out(settings, &self.without)) {
            Ok(()) => Look::Applied,
            Err(errors) => Look::Refused(errors.to_string()),
        }
    }

    /// Has a task look at the file for as long as the process lives, and say in the log what came of
    /// it.
    pub fn watch(self, running: StackHandle) {
        tokio::spawn(self.look_again(running));
    }

    async fn look_again(mut self, running: StackHandle) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let file = self.path.display().to_string();
            match self.look(&running) {
                Look::Same => {}
                Look::Applied => tracing::warn!(file, "the policies go by a changed file"),
                Look::Refused(mistakes) => {
                    tracing::error!(file, mistakes, "a changed file is wrong; nothing has changed");
                }
            }
        }
    }
}

fn read(path: &Path) -> io::Result<String> {
    let length = std::fs::metadata(path)?.len();
    if length > LONGEST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is longer than 64 KiB"));
    }
    std::fs::read_to_string(path)
}
