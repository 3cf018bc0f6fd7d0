use std::fmt::Write;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::time::{sleep, timeout};

use super::{Entry, Journal, ProcessId};

/// A child that leads its own process group and does not outlive this value.
///
/// # Cancellation
///
/// Dropping it kills the group and reaps the child before the drop returns. A kill
/// cannot be refused, so that takes no longer than the kernel needs.
#[derive(Debug)]
pub struct Process {
    child: Child,
    pid: Pid,
    ended: Option<ExitStatus>,
}

/// How often the end of a child is looked for: there is no signal to wait for that
/// would not also wake on every other child.
const LOOK: Duration = Duration::from_millis(5);

impl Process {
    /// Starts `command`, noted in `journal` before it runs and with its pid after.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written or the program cannot be started.
    pub fn spawn(mut command: Command, journal: &Journal) -> anyhow::Result<Self> {
        let line = command_line(&command);
        journal.note(&Entry::Starting { command: line.clone() })?;
        // Its own group: Ctrl-C in a terminal reaches this tool alone, which then ends its
        // children in order, and one signal ends a child with all that it started.
        command.process_group(0).stdin(Stdio::null());
        let child = command.spawn().with_context(|| format!("cannot start `{line}`"))?;
        let pid = Pid::from_raw(i32::try_from(child.id()).context("a pid is a positive i32")?);
        let process = Self { child, pid, ended: None };
        journal.note(&Entry::Process { process: ProcessId::of(pid), command: line })?;
        Ok(process)
    }

    /// The pid, which is also the id of the group.
    pub const fn pid(&self) -> Pid {
        self.pid
    }

    /// The child's output, if it was piped and not yet taken.
    pub const fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// How the child ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().ok().flatten();
        }
        self.ended
    }

    /// Waits for the child's end.
    pub async fn end(&mut self) -> ExitStatus {
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            sleep(LOOK).await;
        }
    }

    /// Waits for the child's end, at most `limit`; `None`: it still runs.
    pub async fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        timeout(limit, self.end()).await.ok()
    }

    /// Asks the child to stop, and kills it when it has not done so within `limit`.
    ///
    /// # Errors
    ///
    /// When it had to be killed, or ended otherwise than with exit code 0.
    pub async fn stop(&mut self, limit: Duration) -> anyhow::Result<()> {
        if self.ended().is_none() {
            // It may end between the look and the signal; the wait below tells.
            let _ = killpg(self.pid, Signal::SIGTERM);
        }
        match self.wait(limit).await {
            Some(status) if status.success() => Ok(()),
            Some(status) => anyhow::bail!("it ended with {status}, but should stop with code 0"),
            None => {
                self.kill();
                anyhow::bail!("it did not stop within {limit:?} of SIGTERM and was killed")
            }
        }
    }

    /// Kills the group and reaps the child.
    pub fn kill(&mut self) {
        // Only before the child is reaped: afterwards its number may belong to others.
        if self.ended().is_none() {
            let _ = killpg(self.pid, Signal::SIGKILL);
            self.ended = self.child.wait().ok();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn command_line(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for arg in command.get_args() {
        let _ = write!(line, " {}", arg.to_string_lossy());
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper(journal: &Journal) -> Process {
        let mut command = Command::new("sleep");
        command.arg("60");
        Process::spawn(command, journal).expect("sleep starts")
    }

    #[test]
    fn dropping_the_guard_ends_and_reaps_the_process() {
        let state = tempfile::tempdir().unwrap();
        let journal = Journal::open(state.path()).unwrap();
        let process = sleeper(&journal);
        let id = ProcessId::of(process.pid());
        assert!(id.runs());
        drop(process);
        assert!(!id.runs());
    }

    #[test]
    fn a_panic_ends_the_process() {
        let state = tempfile::tempdir().unwrap();
        let journal = Journal::open(state.path()).unwrap();
        let process = sleeper(&journal);
        let id = ProcessId::of(process.pid());
        let panicked = std::thread::spawn(move || {
            let _guard = process;
            panic!("a bug in the tool");
        });
        assert!(panicked.join().is_err());
        assert!(!id.runs());
    }

    #[tokio::test]
    async fn a_process_that_ignores_the_request_to_stop_is_killed() {
        let state = tempfile::tempdir().unwrap();
        let journal = Journal::open(state.path()).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"]);
        command.stdout(Stdio::piped());
        let mut process = Process::spawn(command, &journal).unwrap();
        let mut line = [0_u8; 6];
        std::io::Read::read_exact(&mut process.take_stdout().unwrap(), &mut line).unwrap();

        let error = process.stop(Duration::from_millis(200)).await.unwrap_err();

        assert!(error.to_string().contains("was killed"), "{error}");
        assert!(process.ended().is_some());
    }
}
