use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};

use super::Member;
use crate::target::ProcessId;

/// What a supervisor tells of itself, in a file in the state directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The process that holds the fleet.
    pub supervisor: ProcessId,
    /// What the fleet is there for.
    pub purpose: Purpose,
    /// The fleet; `None`: it is being started.
    pub fleet: Option<Running>,
}

/// What a fleet is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To be played with by any command.
    Play,
    /// For the one test that has started it, and ends it.
    Test,
}

/// A fleet whose members were all ready once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// The members, as they were started.
    pub members: Vec<Member>,
    /// Where members answer operators, by their names.
    #[serde(default)]
    pub operators: BTreeMap<String, String>,
    /// The token with which members are commanded.
    pub token: String,
    /// The socket that takes requests.
    pub socket: PathBuf,
    /// The directory with the members' logs.
    pub logs: PathBuf,
}

impl State {
    /// The file in `state_dir`.
    pub(super) fn path(state_dir: &Path) -> PathBuf {
        state_dir.join("fleet.json")
    }

    /// Where the log of a supervisor in the background goes.
    pub fn log(state_dir: &Path) -> PathBuf {
        state_dir.join("fleet.log")
    }

    /// Reads the state of the fleet in `state_dir`, if there is one whose supervisor runs.
    ///
    /// # Errors
    ///
    /// When the file is there and cannot be read or understood.
    pub fn living(state_dir: &Path) -> anyhow::Result<Option<Self>> {
        Ok(Self::read(state_dir)?.filter(|state| state.supervisor.runs()))
    }

    /// Refuses a fleet that is not for others.
    ///
    /// # Errors
    ///
    /// When it belongs to a test.
    pub fn is_to_be_played_with(&self) -> anyhow::Result<()> {
        let pid = self.supervisor.pid;
        ensure!(
            self.purpose == Purpose::Play,
            "the demo that runs belongs to the chaos test of process {pid} and ends with it"
        );
        Ok(())
    }

    pub(super) fn read(state_dir: &Path) -> anyhow::Result<Option<Self>> {
        let path = Self::path(state_dir);
        let shown = || format!("cannot read the state file {}", path.display());
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(shown),
        };
        serde_json::from_slice(&text).with_context(shown).map(Some)
    }

    /// Writes the file in one step: a reader finds the old state or this one.
    pub(super) fn write(&self, state_dir: &Path) -> anyhow::Result<()> {
        let path = Self::path(state_dir);
        let shown = || format!("cannot write the state file {}", path.display());
        let unnamed = path.with_extension("new");
        let mut options = OpenOptions::new();
        // It holds the token.
        let file = options.create(true).write(true).truncate(true).mode(0o600).open(&unnamed);
        file.and_then(|mut file| {
            file.write_all(&serde_json::to_vec_pretty(self)?)?;
            // A name must not get to the disk before what it names.
            file.sync_all()
        })
        .and_then(|()| fs::rename(&unnamed, &path))
        .with_context(shown)
    }

    /// Removes the file and what belongs to it.
    pub(super) fn remove(state_dir: &Path) {
        let path = Self::path(state_dir);
        for path in [path.with_extension("new"), Self::log(state_dir), path] {
            // One that stays names a supervisor that is gone, and is removed by the next command.
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_written_is_read_and_nobody_else_can_read_it() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(State::living(directory.path()).unwrap(), None);
        let member = Member { name: "user".into(), url: Some("http://[::1]:1".into()), runs: true };
        let fleet = Running {
            members: vec![member],
            operators: BTreeMap::new(),
            token: "t".to_owned(),
            socket: "/tmp/s".into(),
            logs: "/tmp".into(),
        };
        let purpose = Purpose::Test;
        let state = State { supervisor: ProcessId::own(), purpose, fleet: Some(fleet) };
        state.write(directory.path()).unwrap();
        assert_eq!(State::living(directory.path()).unwrap(), Some(state.clone()));
        assert!(state.is_to_be_played_with().is_err());
        let mode = fs::metadata(State::path(directory.path())).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        State::remove(directory.path());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_state_whose_supervisor_is_gone_or_is_another_process_is_not_living() {
        let directory = tempfile::tempdir().unwrap();
        let own = ProcessId::own();
        let reused = ProcessId { started: own.started.map(|ticks| ticks + 1), ..own };
        State { supervisor: reused, purpose: Purpose::Play, fleet: None }
            .write(directory.path())
            .unwrap();
        assert_eq!(State::living(directory.path()).unwrap(), None);
        assert!(State::read(directory.path()).unwrap().is_some());
    }

    #[test]
    fn a_file_that_is_not_understood_is_named() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(State::path(directory.path()), "{").unwrap();
        let error = State::living(directory.path()).unwrap_err().to_string();
        assert!(error.contains("fleet.json"), "{error}");
    }
}
