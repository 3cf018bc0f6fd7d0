use std::fmt;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use tokio::time::sleep;

use super::{Purpose, Running, State};
use crate::target::ProcessId;

/// The right to be the one fleet of a state directory, with its state file.
///
/// It is a lock on the directory itself, which ends with the process in any case and leaves no
/// file. Who holds it may write and remove the state file.
///
/// # Cancellation
///
/// Dropping it removes the state file.
#[derive(Debug)]
pub struct Claim {
    state_dir: PathBuf,
    purpose: Purpose,
    _lock: File,
}

/// How often the lock is tried for: a command that removes a stale file holds it for a moment.
const TRIES: usize = 20;
/// The pause between.
const PAUSE: Duration = Duration::from_millis(25);

impl Claim {
    /// Takes the claim for `purpose` and says in the state file that a fleet is being started.
    ///
    /// `None`: another supervisor has it.
    ///
    /// # Errors
    ///
    /// When the directory cannot be locked or the file cannot be written.
    pub async fn take(state_dir: &Path, purpose: Purpose) -> anyhow::Result<Option<Self>> {
        for _ in 0..TRIES {
            if let Some(lock) = lock(state_dir)? {
                let claim = Self { state_dir: state_dir.to_owned(), purpose, _lock: lock };
                claim.write(None)?;
                return Ok(Some(claim));
            }
            sleep(PAUSE).await;
        }
        Ok(None)
    }

    /// Says in the state file that `fleet` runs.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn tell(&self, fleet: Running) -> anyhow::Result<()> {
        self.write(Some(fleet))
    }

    fn write(&self, fleet: Option<Running>) -> anyhow::Result<()> {
        let (supervisor, purpose) = (ProcessId::own(), self.purpose);
        State { supervisor, purpose, fleet }.write(&self.state_dir)
    }

    /// Removes a state file whose supervisor is gone, or that nobody can read and nobody claims.
    ///
    /// Its processes and directories are the journal's affair.
    pub fn sweep(state_dir: &Path) -> Option<Swept> {
        let dead = || match State::read(state_dir) {
            Ok(state) => {
                let state = state.filter(|state| !state.supervisor.runs())?;
                Some(Swept::Died(state.supervisor))
            }
            Err(_) => Some(Swept::Damaged),
        };
        dead()?;
        // Whoever holds the lock is alive, and then the file is its own.
        let _lock = lock(state_dir).ok()??;
        let swept = dead()?;
        State::remove(state_dir);
        (!State::path(state_dir).exists()).then_some(swept)
    }
}

/// Whose state file was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swept {
    /// That of a supervisor that is gone.
    Died(ProcessId),
    /// One that could not be read.
    Damaged,
}

impl fmt::Display for Swept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Died(ProcessId { pid, .. }) => {
                write!(f, "the demo of process {pid} had died; its state file is removed")
            }
            Self::Damaged => f.write_str("a damaged state file of a demo is removed"),
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        State::remove(&self.state_dir);
    }
}

/// The lock of the directory, unless another process has it.
fn lock(state_dir: &Path) -> anyhow::Result<Option<File>> {
    let file = File::open(state_dir).and_then(|file| match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err::<_, io::Error>(error),
    });
    file.with_context(|| format!("cannot lock the state directory {}", state_dir.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_second_claim_is_refused_until_the_first_is_dropped() {
        let directory = tempfile::tempdir().unwrap();
        let first = Claim::take(directory.path(), Purpose::Play).await.unwrap().unwrap();
        assert!(State::living(directory.path()).unwrap().unwrap().fleet.is_none());
        assert!(Claim::take(directory.path(), Purpose::Play).await.unwrap().is_none());
        assert_eq!(Claim::sweep(directory.path()), None, "its supervisor runs");
        drop(first);
        assert!(State::read(directory.path()).unwrap().is_none());
        assert!(Claim::take(directory.path(), Purpose::Play).await.unwrap().is_some());
    }

    #[test]
    fn a_stale_state_file_is_removed_once() {
        let directory = tempfile::tempdir().unwrap();
        let gone = ProcessId { pid: i32::MAX, started: Some(1) };
        State { supervisor: gone, purpose: Purpose::Play, fleet: None }
            .write(directory.path())
            .unwrap();
        assert_eq!(Claim::sweep(directory.path()), Some(Swept::Died(gone)));
        assert_eq!(Claim::sweep(directory.path()), None);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_damaged_state_file_is_removed_unless_somebody_has_the_claim() {
        let directory = tempfile::tempdir().unwrap();
        for text in ["", "{"] {
            std::fs::write(State::path(directory.path()), text).unwrap();
            assert_eq!(Claim::sweep(directory.path()), Some(Swept::Damaged));
            assert_eq!(State::living(directory.path()).unwrap(), None);
        }
        let _claim = Claim::take(directory.path(), Purpose::Play).await.unwrap().unwrap();
        std::fs::write(State::path(directory.path()), "").unwrap();
        assert_eq!(Claim::sweep(directory.path()), None);
    }
}
