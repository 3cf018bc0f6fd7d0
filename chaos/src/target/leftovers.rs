use std::fmt;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::time::{Instant, sleep};

use super::debt::Debt;
use super::journal::{ENDING, is_private};
use super::pay::{announced, pay, told};
use super::plan::{Plan, plan};
use super::process_id::started_by;
use super::unnamed::remove_unnamed;
use super::{Journal, Mended, ProcessId};
use super::{room, run_dir};

/// What runs had left that could not undo it themselves, and is now gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// Runs whose journal was found without an owner, and after which nothing is left to do.
    pub runs: usize,
    /// Processes that were ended.
    pub processes: usize,
    /// Directories and files that were removed.
    pub paths: usize,
    /// What containers were given back.
    pub mended: Mended,
}

impl Leftovers {
    /// Whether there was anything.
    pub const fn any(&self) -> bool {
        self.runs + self.processes + self.paths > 0 || self.mended.any()
    }
}

impl fmt::Display for Leftovers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { runs, processes, paths, mended } = self;
        match runs {
            0 => f.write_str("could not clean up after a killed run")?,
            runs => write!(f, "cleaned up after {runs} killed run(s)")?,
        }
        write!(f, ": ended {processes} process(es), removed {paths} director(ies) and file(s)")?;
        if mended.any() { write!(f, ", {mended}") } else { Ok(()) }
    }
}

/// Ends and removes what killed runs left, by their journals in `state_dir`.
///
/// A process is ended only when its pid and its start time both match, or when its command
/// line begins with a recorded one that names the run's own directory: it was then started
/// just before the kill and its pid never reached the journal. Others that name the directory,
/// such as somebody's viewer of a log, are left alone. So is the journal of a run that still
/// goes on.
///
/// A container that such a run had killed or stopped is started again, and a fault in one is
/// disarmed; `tell` is told before, since that may take a while. Where it fails the journal stays
/// for the next sweep.
///
/// A directory that is not [private](is_private) is left alone: others could have written there
/// what is to be killed.
pub async fn sweep(state_dir: &Path, tell: &(dyn Fn(&str) + Sync)) -> Leftovers {
    if !is_private(state_dir) {
        tell(&format!(
            "warning: nothing in {} is believed or cleaned up: it must belong to this user, and \
             nobody else may enter it (mode 700)",
            state_dir.display()
        ));
        return Leftovers::default();
    }
    remove_unnamed(state_dir);
    clear(state_dir, |owner| owner.is_none_or(|owner| !owner.runs()), tell).await
}

/// Mends what the runs of this very process have broken, which must have ended: an interrupted
/// run is dropped, and a drop cannot mend a container.
/// `tell` is told before each.
pub async fn settle(state_dir: &Path, tell: &(dyn Fn(&str) + Sync)) -> Mended {
    clear(state_dir, |owner| owner == Some(ProcessId::own()), tell).await.mended
}

/// The text of the journal at `path` with the right to undo it, which ends with the file; `None`:
/// another command undoes it, or has done so.
fn claimed(path: &Path) -> Option<(String, File)> {
    let mut file = File::open(path).ok()?;
    file.try_lock().ok()?;
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    // Whoever had the right before may have removed it since it was opened.
    (file.metadata().ok()?.nlink() > 0).then_some((text, file))
}

/// Undoes what is in the journals that are abandoned by their owner.
async fn clear(
    state_dir: &Path,
    abandoned: impl Fn(Option<ProcessId>) -> bool,
    tell: &(dyn Fn(&str) + Sync),
) -> Leftovers {
    let mut found = Leftovers::default();
    for entry in fs::read_dir(state_dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|ending| ending != ENDING) {
            continue;
        }
        let Some((text, _claim)) = claimed(&path) else { continue };
        let Plan::Undo { mut processes, commands, directories, files, debts } =
            plan(Journal::read(&text), Timestamp::now(), &abandoned, ProcessId::runs)
        else {
            continue;
        };
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
        let failed = found.mended.failed.len();
        for debt in debts {
            tell(&announced(&debt));
            match (pay(&debt).await, &debt) {
                (Ok(false), _) => {}
                (Ok(true), Debt::Start { .. }) => found.mended.started += 1,
                (Ok(true), Debt::Disarm { .. }) => found.mended.disarmed += 1,
                (Err(error), _) => found.mended.failed.push(format!(
                    "{}: {error:#}; it is tried again by the next command, as long as there is {}",
                    told(&debt),
                    path.display()
                )),
            }
        }
        // Last: a sweep that is itself killed leaves the journal for the next one.
        if found.mended.failed.len() == failed {
            found.runs += 1;
            let _ = fs::remove_file(&path);
        }
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
    if !process.runs() || killpg(Pid::from_raw(process.pid), Signal::SIGKILL).is_err() {
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
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    use std::process::{Command, Stdio};
    use std::sync::Mutex;

    use tempfile::TempDir;

    use super::*;
    use crate::target::fake_engine::FakeEngine;
    use crate::target::{ContainerRef, Entry};

    /// A state directory as a journal makes it.
    fn private() -> TempDir {
        let mode = Permissions::from_mode(0o700);
        tempfile::Builder::new().permissions(mode).tempdir().unwrap()
    }

    #[tokio::test]
    async fn a_sweep_ends_the_process_and_removes_the_directory_and_the_journal() {
        let state = private();
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

        let found = sweep(state.path(), &|_| {}).await;

        assert_eq!(found, Leftovers { runs: 1, processes: 1, paths: 1, ..Leftovers::default() });
        assert!(!process.runs() && !run.exists());
        assert_eq!(fs::read_dir(state.path()).unwrap().count(), 0);
        child.wait().unwrap();
        assert!(!sweep(state.path(), &|_| {}).await.any(), "a second sweep finds nothing");
    }

    #[tokio::test]
    async fn a_process_whose_pid_never_reached_the_journal_is_found_by_its_command() {
        let state = private();
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
        assert_eq!(sweep(state.path(), &|_| {}).await.processes, 1);
        child.wait().unwrap();
        assert!(viewer.try_wait().unwrap().is_none(), "whoever looks at the log goes on");
        viewer.kill().unwrap();
        viewer.wait().unwrap();
    }

    fn owed(engine: &str) -> Entry {
        let [project, service, id] = ["shop", "user", "1"].map(str::to_owned);
        let container = ContainerRef { engine: engine.to_owned(), project, service, id };
        Entry::ContainerDown { container, started: "then".to_owned() }
    }

    #[tokio::test]
    async fn what_cannot_be_undone_is_told_and_stays_in_the_journal() {
        let state = private();
        let journal = Journal::open(state.path()).unwrap();
        journal.note(&owed("unix:///no/such/docker.sock")).unwrap();
        drop(journal);
        assert!(!sweep(state.path(), &|_| {}).await.any(), "its owner, this process, still runs");
        for _ in 0..2 {
            let found = settle(state.path(), &|_| {}).await;
            assert_eq!((found.started, found.failed.len()), (0, 1));
            let text = found.to_string();
            assert!(text.contains("user in the project shop is not started again"), "{text}");
            assert!(text.contains("/no/such/docker.sock"), "{text}");
        }
        assert_eq!(fs::read_dir(state.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_container_that_is_owed_nothing_is_not_counted() {
        let (state, engine) = (private(), FakeEngine::start().await);
        let journal = Journal::open(state.path()).unwrap();
        let started = FakeEngine::started(1);
        journal.note(&Entry::ContainerDown { container: engine.which(), started }).unwrap();
        drop(journal);
        engine.start_anew();
        assert_eq!(settle(state.path(), &|_| {}).await, Mended::default());
        assert_eq!(fs::read_dir(state.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_journal_that_another_command_undoes_is_left_to_it() {
        let (state, engine) = (private(), FakeEngine::start().await);
        let journal = Journal::open(state.path()).unwrap();
        let started = FakeEngine::started(1);
        journal.note(&Entry::ContainerDown { container: engine.which(), started }).unwrap();
        drop(journal);
        let path = fs::read_dir(state.path()).unwrap().next().unwrap().unwrap().path();
        let other = claimed(&path).unwrap();
        assert!(!settle(state.path(), &|_| {}).await.any());
        assert!(engine.calls().is_empty() && path.exists());
        drop(other);
        let told = Mutex::new(Vec::new());
        let tell = |line: &str| told.lock().unwrap().push(line.to_owned());
        assert_eq!(settle(state.path(), &tell).await.started, 1);
        assert_eq!(
            *told.lock().unwrap(),
            ["the container of user in the project shop is started again"]
        );
    }

    #[test]
    fn a_journal_that_is_gone_since_it_was_opened_is_not_claimed() {
        let state = private();
        let path = state.path().join("a.jsonl");
        fs::write(&path, "").unwrap();
        let (_, first) = claimed(&path).unwrap();
        assert!(claimed(&path).is_none(), "it is busy");
        drop(first);
        assert!(claimed(&path).is_some());
        fs::remove_file(&path).unwrap();
        assert!(claimed(&path).is_none());
    }

    #[tokio::test]
    async fn nothing_in_a_directory_that_others_can_enter_is_believed() {
        let state = private();
        let own = room::beside(state.path(), "report");
        fs::write(&own, "").unwrap();
        let entry = serde_json::to_string(&Entry::File { path: own.clone() }).unwrap() + "\n";
        fs::write(state.path().join("dead.jsonl"), entry).unwrap();
        let mode = |mode| fs::set_permissions(state.path(), Permissions::from_mode(mode)).unwrap();
        mode(0o770);
        let told = Mutex::new(Vec::new());
        let tell = |line: &str| told.lock().unwrap().push(line.to_owned());
        assert!(!sweep(state.path(), &tell).await.any());
        assert!(own.exists() && told.lock().unwrap()[0].contains("is believed"));
        mode(0o700);
        assert_eq!(sweep(state.path(), &tell).await.paths, 1);
    }

    #[tokio::test]
    async fn what_others_owe_is_not_settled_by_this_process() {
        let state = private();
        let gone = Entry::Owner(ProcessId { pid: i32::MAX, started: Some(1) });
        let lines = [gone, owed("unix:///no/such/docker.sock")];
        let text: String =
            lines.iter().map(|line| serde_json::to_string(line).unwrap() + "\n").collect();
        fs::write(state.path().join("dead.jsonl"), text).unwrap();
        assert_eq!(settle(state.path(), &|_| {}).await, Mended::default());
        let found = sweep(state.path(), &|_| {}).await;
        assert_eq!((found.runs, found.mended.failed.len()), (0, 1));
        assert!(found.to_string().starts_with("could not clean up"), "{found}");
    }

    #[tokio::test]
    async fn a_file_that_is_not_named_like_one_of_the_tool_is_left_alone() {
        let state = private();
        let (own, other) = (room::beside(state.path(), "report"), state.path().join("thesis.txt"));
        let mut text = String::new();
        for path in [&own, &other] {
            fs::write(path, "").unwrap();
            let entry = Entry::File { path: path.clone() };
            text += &(serde_json::to_string(&entry).unwrap() + "\n");
        }
        fs::write(state.path().join("dead.jsonl"), text).unwrap();
        assert_eq!(sweep(state.path(), &|_| {}).await.paths, 1);
        assert!(!own.exists() && other.exists());
    }
}
