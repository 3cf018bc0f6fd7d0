use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::time::{Instant, sleep};

use super::journal::ENDING;
use super::process_id::started_by;
use super::{Entry, Journal, ProcessId};
use super::{room, run_dir};

/// What runs that were killed had left, and is now gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// Runs whose journal was found without an owner.
    pub runs: usize,
    /// Processes that were ended.
    pub processes: usize,
    /// Directories and files that were removed.
    pub paths: usize,
}

impl Leftovers {
    /// Whether there was anything.
    pub const fn any(self) -> bool {
        self.runs > 0
    }
}

impl fmt::Display for Leftovers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { runs, processes, paths } = self;
        write!(
            f,
            "cleaned up after {runs} killed run(s): ended {processes} process(es), \
             removed {paths} director(ies) and file(s)"
        )
    }
}

/// What a journal asks for.
#[derive(Debug, PartialEq, Eq)]
enum Plan {
    /// Its owner runs.
    Leave,
    /// Its owner is gone.
    Undo {
        processes: Vec<ProcessId>,
        commands: Vec<String>,
        directories: Vec<PathBuf>,
        files: Vec<PathBuf>,
    },
}

/// Decides about the journal with these entries; `runs` tells which processes still run.
fn plan(entries: Vec<Entry>, runs: impl Fn(ProcessId) -> bool) -> Plan {
    let (mut processes, mut commands) = (Vec::new(), Vec::new());
    let (mut directories, mut files) = (Vec::new(), Vec::new());
    for entry in entries {
        match entry {
            Entry::Owner(owner) if runs(owner) => return Plan::Leave,
            Entry::Process { process, .. } if runs(process) => processes.push(process),
            Entry::Directory { path } => directories.push(path),
            Entry::File { path } => files.push(path),
            Entry::Starting { command } => commands.push(command),
            Entry::Owner(_) | Entry::Process { .. } | Entry::Fault { .. } => {}
        }
    }
    Plan::Undo { processes, commands, directories, files }
}

/// Ends and removes what killed runs left, by their journals in `state_dir`.
///
/// A process is ended only when its pid and its start time both match, or when its command
/// line begins with a recorded one that names the run's own directory: it was then started
/// just before the kill and its pid never reached the journal. Others that name the directory,
/// such as somebody's viewer of a log, are left alone. So is the journal of a run that still
/// goes on.
pub async fn sweep(state_dir: &Path) -> Leftovers {
    let mut found = Leftovers::default();
    for entry in fs::read_dir(state_dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|ending| ending != ENDING) {
            continue;
        }
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let Plan::Undo { mut processes, commands, directories, files } =
            plan(Journal::read(&text), ProcessId::runs)
        else {
            continue;
        };
        found.runs += 1;
        for process in commands
            .iter()
            .filter(|command| directories.iter().any(|directory| names(command, directory)))
            .flat_map(|command| started_by(command))
        {
            if !processes.contains(&process) {
                processes.push(process);
            }
        }
        for process in processes {
            found.processes += usize::from(end(process).await);
        }
        for directory in directories.iter().filter(|directory| run_dir::is_one(directory)) {
            found.paths += usize::from(fs::remove_dir_all(directory).is_ok());
        }
        for file in files.iter().filter(|file| room::is_one(file)) {
            found.paths += usize::from(fs::remove_file(file).is_ok());
        }
        // Last: a sweep that is itself killed leaves the journal for the next one.
        let _ = fs::remove_file(&path);
    }
    found
}

fn names(command: &str, directory: &Path) -> bool {
    run_dir::is_one(directory) && command.contains(&*directory.to_string_lossy())
}

/// How long a killed process may take to go.
const GOING: Duration = Duration::from_secs(5);

/// Kills the group of `process` and waits until it is gone.
async fn end(process: ProcessId) -> bool {
    if killpg(Pid::from_raw(process.pid), Signal::SIGKILL).is_err() {
        return false;
    }
    let give_up = Instant::now() + GOING;
    while process.runs() && Instant::now() < give_up {
        sleep(Duration::from_millis(5)).await;
    }
    !process.runs()
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;
    use std::process::{Command, Stdio};

    use super::*;

    const OWNER: ProcessId = ProcessId { pid: 10, started: Some(1) };
    const CHILD: ProcessId = ProcessId { pid: 11, started: Some(2) };

    fn entries() -> Vec<Entry> {
        vec![
            Entry::Owner(OWNER),
            Entry::Directory { path: "/tmp/chaos-run-1".into() },
            Entry::Process { process: CHILD, command: "user".to_owned() },
        ]
    }

    fn processes(plan: Plan) -> Vec<ProcessId> {
        match plan {
            Plan::Leave => panic!("the owner is gone"),
            Plan::Undo { processes, .. } => processes,
        }
    }

    #[test]
    fn the_journal_of_a_running_owner_is_left_alone() {
        assert_eq!(plan(entries(), |process| process == OWNER), Plan::Leave);
    }

    #[test]
    fn what_a_dead_owner_left_running_is_ended() {
        assert_eq!(processes(plan(entries(), |process| process == CHILD)), [CHILD]);
    }

    #[test]
    fn a_stale_pid_ends_nothing() {
        assert_eq!(processes(plan(entries(), |_| false)), []);
    }

    #[test]
    fn a_reused_pid_ends_nothing() {
        let table = |pid| (pid == CHILD.pid).then_some(999_u64);
        assert_eq!(processes(plan(entries(), |process| table(process.pid) == process.started)), []);
    }

    #[tokio::test]
    async fn a_sweep_ends_the_process_and_removes_the_directory_and_the_journal() {
        let state = tempfile::tempdir().unwrap();
        let temp = tempfile::Builder::new().prefix(run_dir::PREFIX).tempdir().unwrap();
        let run = temp.path().to_owned();
        let mut command = Command::new("sleep");
        let mut child =
            command.arg("60").process_group(0).stdin(Stdio::null()).spawn().expect("sleep starts");
        let process = ProcessId::of(Pid::from_raw(i32::try_from(child.id()).unwrap()));
        let gone = ProcessId { pid: process.pid, started: process.started.map(|ticks| ticks + 1) };
        let lines = [
            Entry::Owner(gone),
            Entry::Directory { path: run.clone() },
            Entry::Process { process, command: "sleep 60".to_owned() },
        ];
        let text: String =
            lines.iter().map(|line| serde_json::to_string(line).unwrap() + "\n").collect();
        fs::write(state.path().join("dead.jsonl"), text).unwrap();

        let found = sweep(state.path()).await;

        assert_eq!(found, Leftovers { runs: 1, processes: 1, paths: 1 });
        assert!(!process.runs() && !run.exists());
        assert_eq!(fs::read_dir(state.path()).unwrap().count(), 0);
        child.wait().unwrap();
        assert!(!sweep(state.path()).await.any(), "a second sweep finds nothing");
    }

    #[tokio::test]
    async fn a_process_whose_pid_never_reached_the_journal_is_found_by_its_command() {
        let state = tempfile::tempdir().unwrap();
        let temp = tempfile::Builder::new().prefix(run_dir::PREFIX).tempdir().unwrap();
        let mut command = Command::new("tail");
        let log = temp.path().join("log");
        fs::write(&log, "").unwrap();
        let mut child = command
            .arg("-f")
            .arg(&log)
            .process_group(0)
            .stdout(Stdio::null())
            .spawn()
            .expect("tail starts");
        let mut viewer = Command::new("tail")
            .args(["-n", "1", "-f"])
            .arg(&log)
            .process_group(0)
            .stdout(Stdio::null())
            .spawn()
            .expect("tail starts");
        let command = format!("tail -f {}", log.display());
        let lines = [
            Entry::Owner(ProcessId { pid: i32::MAX, started: Some(1) }),
            Entry::Directory { path: temp.path().to_owned() },
            Entry::Starting { command: command.clone() },
        ];
        let text: String =
            lines.iter().map(|line| serde_json::to_string(line).unwrap() + "\n").collect();
        fs::write(state.path().join("dead.jsonl"), text).unwrap();

        // The kernel fills in the command line a moment after the start has returned.
        let give_up = Instant::now() + GOING;
        while started_by(&command).is_empty() && Instant::now() < give_up {
            sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(sweep(state.path()).await.processes, 1);
        child.wait().unwrap();
        assert!(viewer.try_wait().unwrap().is_none(), "whoever looks at the log goes on");
        viewer.kill().unwrap();
        viewer.wait().unwrap();
    }

    #[tokio::test]
    async fn a_file_that_is_not_named_like_one_of_the_tool_is_left_alone() {
        let state = tempfile::tempdir().unwrap();
        let (own, other) = (room::beside(state.path(), "report"), state.path().join("thesis.txt"));
        let mut text = String::new();
        for path in [&own, &other] {
            fs::write(path, "").unwrap();
            let entry = Entry::File { path: path.clone() };
            text += &(serde_json::to_string(&entry).unwrap() + "\n");
        }
        fs::write(state.path().join("dead.jsonl"), text).unwrap();
        assert_eq!(sweep(state.path()).await.paths, 1);
        assert!(!own.exists() && other.exists());
    }
}
