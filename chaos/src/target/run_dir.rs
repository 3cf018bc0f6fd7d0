use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use uuid::Uuid;

use super::{Entry, Journal};

/// The start of every run directory's name: nothing else is ever removed.
pub(super) const PREFIX: &str = "chaos-run-";

/// Whether `path` is named like a run directory.
pub(super) fn is_one(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.starts_with(PREFIX))
}

/// The directory with a run's databases and logs, removed when dropped.
#[derive(Debug)]
pub struct RunDir {
    path: PathBuf,
}

impl RunDir {
    /// Makes a directory that only this user can read, in the directory for temporary files.
    ///
    /// # Errors
    ///
    /// When it cannot be noted in the journal or made.
    pub fn create(journal: &Journal) -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("{PREFIX}{}", Uuid::new_v4().simple()));
        journal.note(&Entry::Directory { path: path.clone() })?;
        DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .with_context(|| format!("cannot make the run directory {}", path.display()))?;
        Ok(Self { path })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name of the run, which is that of its directory: no other run has it.
    pub fn tag(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The path of `name` inside.
    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

impl Drop for RunDir {
    fn drop(&mut self) {
        // What cannot be removed now stays in the temporary directory; the run is over.
        let _ = fs::remove_dir_all(&self.path);
    }
}
