use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use chaos::fleet::State;
use chaos::report::Report;
use chaos::target::{Entry, Journal};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::timeout;

use crate::processes::living;

/// The longest that anything may take here.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// A directory that holds everything a `chaos` leaves anywhere.
#[derive(Debug)]
pub struct Home {
    directory: TempDir,
}

impl Home {
    /// An empty home.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    #[must_use]
    pub fn new() -> Self {
        let home = Self { directory: tempfile::tempdir().expect("a directory can be made") };
        fs::create_dir(home.temp()).expect("a directory can be made");
        home
    }

    /// Where reports go that are given no other path.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    fn temp(&self) -> PathBuf {
        self.path().join("tmp")
    }

    fn state(&self) -> PathBuf {
        self.path().join("state")
    }

    /// The command `chaos` of `programs`, at home here.
    pub fn chaos(&self, programs: &Path) -> Command {
        let mut command = Command::new(programs.join("chaos"));
        command.current_dir(self.path()).kill_on_drop(true);
        command.env("TMPDIR", self.temp()).env("XDG_STATE_HOME", self.state());
        // Under cargo it would build the services, and these tests choose them.
        command.env_remove("CARGO");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// The demo that runs here to be played with.
    ///
    /// # Panics
    ///
    /// When its state file cannot be read.
    pub fn fleet(&self) -> Option<State> {
        State::living(&self.state().join("chaos")).expect("a state file can be read")
    }

    /// The pids of all services in the journals here.
    ///
    /// # Panics
    ///
    /// When a journal cannot be read.
    pub fn services(&self) -> Vec<i32> {
        self.commands().into_iter().map(|(pid, _)| pid).collect()
    }

    /// The pid of the service with `part` in its command line, and that line.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn service(&self, part: &str) -> (i32, String) {
        let commands = self.commands();
        let found = commands.iter().find(|(_, command)| command.contains(part));
        found.unwrap_or_else(|| panic!("no {part} in {commands:?}")).clone()
    }

    fn commands(&self) -> Vec<(i32, String)> {
        let files = fs::read_dir(self.state().join("chaos")).into_iter().flatten().flatten();
        let mut commands = Vec::new();
        for file in files {
            let text = fs::read_to_string(file.path()).expect("a journal can be read");
            let entries = Journal::read(&text).into_iter();
            commands.extend(entries.filter_map(|entry| match entry {
                Entry::Process { process, command } => Some((process.pid, command)),
                _ => None,
            }));
        }
        commands
    }

    /// The pids of all processes that were started here, in a journal or not: nobody leaves the
    /// working directory that a [`chaos`](Self::chaos) begins in.
    ///
    /// # Panics
    ///
    /// When the home is gone.
    pub fn processes(&self) -> Vec<i32> {
        let own = self.path().canonicalize().expect("a home is a directory");
        living(|pid| fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|path| path == own))
    }

    /// Temporary files, run directories and journals that are still here.
    pub fn leftovers(&self) -> Vec<PathBuf> {
        let in_directory = |path: PathBuf| fs::read_dir(path).into_iter().flatten().flatten();
        let temp = in_directory(self.temp());
        let state = in_directory(self.state().join("chaos"));
        let reports = in_directory(self.path().to_owned())
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(".chaos-report"));
        temp.chain(state).chain(reports).map(|entry| entry.path()).collect()
    }
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}

/// A `chaos` that runs.
#[derive(Debug)]
pub struct Demo {
    child: Child,
    stderr: Lines<BufReader<ChildStderr>>,
    told: Vec<String>,
}

/// How a `chaos` ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; `None`: killed by a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ended {
    /// The report that was printed.
    ///
    /// # Panics
    ///
    /// When none was.
    pub fn report(&self) -> Report {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Demo {
    /// Starts `command`.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.spawn().expect("chaos can be started");
        let stderr = child.stderr.take().expect("standard error is piped");
        Self { child, stderr: BufReader::new(stderr).lines(), told: Vec::new() }
    }

    /// Waits until standard error has a line with `part`.
    ///
    /// # Panics
    ///
    /// When it ends without one, or takes too long.
    pub async fn tells(&mut self, part: &str) {
        loop {
            let line = timeout(PATIENCE, self.stderr.next_line()).await;
            let line = line.unwrap_or_else(|_| panic!("waited too long for {part:?}"));
            let line = line.expect("standard error can be read");
            let line = line.unwrap_or_else(|| panic!("no {part:?} in {:#?}", self.told));
            let found = line.contains(part);
            self.told.push(line);
            if found {
                return;
            }
        }
    }

    /// Sends a signal to the process alone, not to its group.
    ///
    /// # Panics
    ///
    /// When it has ended.
    pub fn signal(&self, signal: Signal) {
        let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok());
        let pid = Pid::from_raw(pid.expect("the process still runs"));
        kill(pid, signal).expect("a signal can be sent to a child");
    }

    /// Waits for the end.
    ///
    /// # Panics
    ///
    /// When it takes too long.
    pub async fn ended(mut self) -> Ended {
        let mut stdout = String::new();
        let mut pipe = self.child.stdout.take().expect("standard output is piped");
        let all = async {
            let rest = async {
                while let Ok(Some(line)) = self.stderr.next_line().await {
                    self.told.push(line);
                }
            };
            let (read, ()) = tokio::join!(pipe.read_to_string(&mut stdout), rest);
            read.expect("standard output can be read");
            self.child.wait().await.expect("a child can be waited for")
        };
        let status = timeout(PATIENCE, all).await.expect("chaos ends in time");
        Ended { code: status.code(), stdout, stderr: self.told.join("\n") }
    }
}
