use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// The right to be the one run that attacks a Compose project, as a lock on a file of the state
/// directory.
///
/// # Cancellation
///
/// Dropping it removes the file. One that a killed run leaves is locked by nobody, and the next run
/// takes it over.
#[derive(Debug)]
pub(super) struct Turn {
    path: PathBuf,
    _lock: File,
}

/// How often a file that its last owner removes meanwhile is made again.
const TRIES: usize = 20;

impl Turn {
    /// Takes the turn at `project`.
    ///
    /// # Errors
    ///
    /// When another run has it, or the file cannot be made.
    pub(super) fn take(state_dir: &Path, project: &str) -> anyhow::Result<Self> {
        let path = state_dir.join(format!("{}.lock", project.replace('/', "_")));
        let shown = || format!("cannot lock {}", path.display());
        for _ in 0..TRIES {
            let lock = File::options().create(true).append(true).open(&path).with_context(shown)?;
            if lock.try_lock().is_err() {
                break;
            }
            // Its last owner may have removed it since it was opened.
            if lock.metadata().with_context(shown)?.nlink() > 0 {
                return Ok(Self { path, _lock: lock });
            }
        }
        bail!("another run attacks the project {project}; wait until it has ended")
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Still locked, so that nobody can have taken it.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_attacked_by_one_run_at_a_time() {
        let state = tempfile::tempdir().unwrap();
        let first = Turn::take(state.path(), "shop").unwrap();
        let error = Turn::take(state.path(), "shop").unwrap_err().to_string();
        assert!(error.contains("another run attacks the project shop"), "{error}");
        let _other = Turn::take(state.path(), "bar").unwrap();
        drop(first);
        drop(Turn::take(state.path(), "shop").unwrap());
        assert_eq!(fs::read_dir(state.path()).unwrap().count(), 1, "that of the other");
    }
}
