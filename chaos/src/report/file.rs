use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use crate::target::{Entry, Journal, beside};

/// Room for a report, taken before the run so that a run is never lost for want of it.
///
/// The room is a file beside the place where the report goes. [`write`](Self::write) fills
/// it and renames it, so a reader sees the old report or the new one and nothing between.
/// Dropped unwritten, it is removed and an old report stays.
#[derive(Debug)]
pub struct ReportFile {
    path: PathBuf,
    room: PathBuf,
    file: File,
    written: bool,
}

/// More than any report needs: a full run's is under 100 KiB.
const ROOM: usize = 512 * 1024;

impl ReportFile {
    /// Takes room for a report at `path`.
    ///
    /// # Errors
    ///
    /// When it cannot be written there, be it for want of rights or of space.
    pub fn reserve(path: &Path, journal: &Journal) -> anyhow::Result<Self> {
        let shown = || format!("cannot write the report to {}", path.display());
        ensure!(!path.is_dir(), "{}: it is a directory, expected a file name", shown());
        let path = std::path::absolute(path).with_context(shown)?;
        let room = beside(path.parent().with_context(shown)?, "report");
        journal.note(&Entry::File { path: room.clone() })?;
        let file =
            OpenOptions::new().write(true).create_new(true).open(&room).with_context(shown)?;
        let mut report = Self { path: path.clone(), room, file, written: false };
        // Written and not only made longer: a hole takes no space, and so proves none.
        report.file.write_all(&vec![b' '; ROOM]).with_context(shown)?;
        report.file.sync_data().with_context(shown)?;
        Ok(report)
    }

    /// Writes the report.
    ///
    /// # Errors
    ///
    /// When it cannot be written; an old report then stays.
    pub fn write(mut self, content: &[u8]) -> anyhow::Result<()> {
        let shown = || format!("cannot write the report to {}", self.path.display());
        self.file.seek(SeekFrom::Start(0)).with_context(shown)?;
        self.file.write_all(content).with_context(shown)?;
        let length = u64::try_from(content.len()).context("a length fits 64 bits")?;
        self.file.set_len(length).with_context(shown)?;
        self.file.sync_data().with_context(shown)?;
        fs::rename(&self.room, &self.path).with_context(shown)?;
        self.written = true;
        Ok(())
    }
}

impl Drop for ReportFile {
    fn drop(&mut self) {
        if !self.written {
            let _ = fs::remove_file(&self.room);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
        entries.map(|name| name.into_string().unwrap()).collect()
    }

    #[test]
    fn a_report_replaces_the_old_one_in_one_step_and_leaves_nothing_else() {
        let (state, directory) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let journal = Journal::open(state.path()).unwrap();
        let path = directory.path().join("report.json");
        fs::write(&path, "old").unwrap();

        let file = ReportFile::reserve(&path, &journal).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        file.write(b"{}").unwrap();

        assert_eq!(fs::read_to_string(&path).unwrap(), "{}");
        assert_eq!(names(directory.path()), ["report.json"]);
    }

    #[test]
    fn a_run_that_ends_early_leaves_the_old_report() {
        let (state, directory) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let journal = Journal::open(state.path()).unwrap();
        let path = directory.path().join("report.json");
        fs::write(&path, "old").unwrap();
        drop(ReportFile::reserve(&path, &journal).unwrap());
        assert_eq!(names(directory.path()), ["report.json"]);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_an_error_before_the_run() {
        let (state, directory) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let journal = Journal::open(state.path()).unwrap();
        for path in [directory.path().to_owned(), directory.path().join("none/report.json")] {
            let error = ReportFile::reserve(&path, &journal).unwrap_err().to_string();
            assert!(error.contains(&path.display().to_string()), "{error}");
        }
    }
}
