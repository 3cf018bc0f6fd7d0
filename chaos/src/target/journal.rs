use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use jiff::Timestamp;
use nix::unistd::geteuid;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::debt::debts;
use super::{ContainerRef, ProcessId};

/// One line of a journal: something that has to be undone should this tool die.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "entry")]
pub enum Entry {
    /// The tool that writes the journal. As long as it runs, the rest is its own affair.
    Owner(ProcessId),
    /// A directory that is about to be made.
    Directory {
        /// Where.
        path: PathBuf,
    },
    /// A file that is about to be made.
    File {
        /// Where.
        path: PathBuf,
    },
    /// A process that is about to be started, before its pid is known.
    Starting {
        /// Its command line.
        command: String,
    },
    /// The process that was started.
    Process {
        /// Which.
        #[serde(flatten)]
        process: ProcessId,
        /// Its command line.
        command: String,
    },
    /// A fault that is about to be armed inside a process. It ends with that process, or
    /// by its own expiry.
    Fault {
        /// The fault in words.
        what: String,
        /// The pid that holds it.
        pid: i32,
    },
    /// A container that runs and is about to be killed or stopped.
    ContainerDown {
        /// Which.
        #[serde(flatten)]
        container: ContainerRef,
        /// When it was last started, in the engine's words.
        started: String,
    },
    /// The container that runs again, or that somebody else has removed.
    ContainerUp {
        /// Its id.
        id: String,
    },
    /// A fault that is about to be armed inside the service of a container.
    ContainerFault {
        /// Which container.
        #[serde(flatten)]
        container: ContainerRef,
        /// The fault in words.
        what: String,
        /// The feature flag that arms it.
        flag: String,
        /// When it has expired by itself.
        until: Timestamp,
    },
    /// The container whose fault is disarmed.
    ContainerMended {
        /// Its id.
        id: String,
    },
}

/// The undo journal of one run: a file that outlives the run only if something that it names
/// does.
///
/// Every entry is on disk before the thing it names exists. The file goes when the last clone
/// is dropped, which is after every process and path it names is gone. A container is nothing
/// that a drop can mend: while one is owed something the file stays, for [`settle`] and, should
/// the tool be killed, for [`sweep`].
///
/// [`settle`]: super::settle
/// [`sweep`]: super::sweep
#[derive(Clone, Debug)]
pub struct Journal {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    written: Mutex<Written>,
}

#[derive(Debug)]
struct Written {
    file: File,
    /// The entries about containers.
    containers: Vec<Entry>,
}

/// The ending of a journal's file name; one that is being made has another.
pub(super) const ENDING: &str = "jsonl";

/// The ending of a journal that is being made.
pub(super) const UNNAMED: &str = "new";

/// The mode of the state directory.
const PRIVATE: u32 = 0o700;

/// Where journals are kept: `chaos` in the state directory of this user.
pub fn state_dir() -> PathBuf {
    let set = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    set("XDG_STATE_HOME")
        .or_else(|| Some(set("HOME")?.join(".local/state")))
        .unwrap_or_else(std::env::temp_dir)
        .join("chaos")
}

/// Whether what is in `state_dir` may be believed: the directory is this user's and nobody else
/// can enter it. So is one that does not exist.
pub fn is_private(state_dir: &Path) -> bool {
    match fs::metadata(state_dir) {
        Ok(found) => found.uid() == geteuid().as_raw() && found.mode() & 0o777 == PRIVATE,
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

impl Journal {
    /// Starts a journal in `state_dir`, owned by this process.
    ///
    /// # Errors
    ///
    /// When the directory or the file cannot be written.
    pub fn open(state_dir: &Path) -> anyhow::Result<Self> {
        make_private(state_dir)
            .with_context(|| format!("cannot make the state directory {}", state_dir.display()))?;
        let path = state_dir.join(format!("{}.{ENDING}", Uuid::new_v4()));
        let shown = || format!("cannot write the undo journal {}", path.display());
        // Named at last, so that nobody meets a journal that has no owner yet.
        let unnamed = path.with_extension(UNNAMED);
        let mut options = OpenOptions::new();
        let mut file = options.create_new(true).append(true).open(&unnamed).with_context(shown)?;
        append(&mut file, &Entry::Owner(ProcessId::own())).with_context(shown)?;
        fs::rename(&unnamed, &path).with_context(shown)?;
        let written = Mutex::new(Written { file, containers: Vec::new() });
        Ok(Self { inner: Arc::new(Inner { path, written }) })
    }

    /// The directory that it is in.
    pub(super) fn directory(&self) -> &Path {
        self.inner.path.parent().expect("a journal is made in a directory")
    }

    /// Writes `entry` to the disk.
    ///
    /// # Errors
    ///
    /// When it cannot be written; then the thing it names must not be made.
    pub fn note(&self, entry: &Entry) -> anyhow::Result<()> {
        let mut written = self.inner.written.lock().unwrap_or_else(PoisonError::into_inner);
        append(&mut written.file, entry).with_context(|| {
            format!("cannot write the undo journal {}", self.inner.path.display())
        })?;
        if entry.is_of_a_container() {
            written.containers.push(entry.clone());
        }
        Ok(())
    }

    /// The entries in `text`. A last line that was cut short by a kill is left out: what
    /// it would have named was not made yet. So is a line that another version has written and
    /// this one cannot read; the others count all the same.
    ///
    /// Where the first line cannot be read nothing is: it tells whose the rest is.
    pub fn read(text: &str) -> Vec<Entry> {
        let mut lines = text.lines().map(|line| serde_json::from_str(line).ok());
        let Some(Some(first)) = lines.next() else { return Vec::new() };
        std::iter::once(first).chain(lines.flatten()).collect()
    }
}

/// Makes `directory` one that only this user can enter: what stands in it gets killed and
/// removed. One that belongs to somebody else is an error.
fn make_private(directory: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(PRIVATE).create(directory)?;
    // Root could take over any directory, and with it whatever is in there.
    if fs::metadata(directory)?.uid() != geteuid().as_raw() {
        return Err(io::Error::other("it belongs to another user"));
    }
    fs::set_permissions(directory, Permissions::from_mode(PRIVATE))
}

fn append(file: &mut File, entry: &Entry) -> anyhow::Result<()> {
    let mut line = serde_json::to_vec(entry)?;
    line.push(b'\n');
    file.write_all(&line)?;
    file.sync_data()?;
    Ok(())
}

impl Entry {
    const fn is_of_a_container(&self) -> bool {
        match self {
            Self::ContainerDown { .. }
            | Self::ContainerUp { .. }
            | Self::ContainerFault { .. }
            | Self::ContainerMended { .. } => true,
            Self::Owner(_)
            | Self::Directory { .. }
            | Self::File { .. }
            | Self::Starting { .. }
            | Self::Process { .. }
            | Self::Fault { .. } => false,
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let written = self.written.get_mut().unwrap_or_else(PoisonError::into_inner);
        if !debts(&written.containers, Timestamp::now()).is_empty() {
            return;
        }
        // One that stays is found by the next command, which has nothing left to undo.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only_file(directory: &Path) -> PathBuf {
        let mut files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
        let file = files.next().unwrap();
        assert!(files.next().is_none());
        file
    }

    #[test]
    fn entries_are_on_disk_at_once_and_the_file_goes_with_the_last_clone() {
        let state = tempfile::tempdir().unwrap();
        let journal = Journal::open(state.path()).unwrap();
        let entry = Entry::Directory { path: "/tmp/chaos-run-x".into() };
        journal.note(&entry).unwrap();

        let text = fs::read_to_string(only_file(state.path())).unwrap();
        assert_eq!(Journal::read(&text), [Entry::Owner(ProcessId::own()), entry]);

        let clone = journal.clone();
        drop(journal);
        only_file(state.path());
        drop(clone);
        assert_eq!(fs::read_dir(state.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_file_stays_while_a_container_is_owed_something() {
        let state = tempfile::tempdir().unwrap();
        let container = ContainerRef {
            engine: "unix:///none".to_owned(),
            project: "shop".to_owned(),
            service: "user".to_owned(),
            id: "1".to_owned(),
        };
        let down = Entry::ContainerDown { container, started: "then".to_owned() };
        let journal = Journal::open(state.path()).unwrap();
        journal.note(&down).unwrap();
        drop(journal);
        let text = fs::read_to_string(only_file(state.path())).unwrap();
        assert_eq!(Journal::read(&text), [Entry::Owner(ProcessId::own()), down.clone()]);

        let other = tempfile::tempdir().unwrap();
        let journal = Journal::open(other.path()).unwrap();
        journal.note(&down).unwrap();
        journal.note(&Entry::ContainerUp { id: "1".to_owned() }).unwrap();
        drop(journal);
        assert_eq!(fs::read_dir(other.path()).unwrap().count(), 0, "it is owed nothing");
    }

    #[test]
    fn only_this_user_can_enter_the_state_directory() {
        let parent = tempfile::tempdir().unwrap();
        let state = parent.path().join("a/chaos");
        fs::create_dir_all(&state).unwrap();
        fs::set_permissions(&state, Permissions::from_mode(0o755)).unwrap();
        assert!(!is_private(&state));
        let _journal = Journal::open(&state).unwrap();
        assert!(is_private(&state) && is_private(&parent.path().join("none")));
        assert_eq!(fs::metadata(&state).unwrap().permissions().mode() & 0o777, PRIVATE);
    }

    #[test]
    fn a_line_that_was_cut_short_is_left_out() {
        let text = "{\"entry\":\"owner\",\"pid\":1,\"started\":2}\n{\"entry\":\"dire";
        let owner = ProcessId { pid: 1, started: Some(2) };
        assert_eq!(Journal::read(text), [Entry::Owner(owner)]);
    }

    #[test]
    fn a_line_of_another_version_hides_no_other_and_without_an_owner_nothing_is_believed() {
        let owner = r#"{"entry":"owner","pid":1,"started":2}"#;
        let fault = r#"{"entry":"container_fault","engine":"e","project":"p","service":"s","id":"1","what":"slow"}"#;
        let up = r#"{"entry":"container_up","id":"2"}"#;
        let entries = Journal::read(&[owner, fault, up].join("\n"));
        assert!(
            matches!(&entries[..], [Entry::Owner(_), Entry::ContainerUp { .. }]),
            "{entries:?}"
        );
        assert_eq!(Journal::read(&[r#"{"entry":"master"}"#, up].join("\n")), []);
    }
}
