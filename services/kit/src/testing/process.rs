//! A service that runs as a process of its own.

use std::{
    process::{ExitStatus, Stdio},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(20);

/// A service that runs as a process of its own, and is killed when this is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    ready: Value,
    // Kept open: a closed standard output would be an error of the service's.
    _out: BufReader<ChildStdout>,
}

impl Running {
    /// Starts a service and waits for its ready line.
    ///
    /// # Panics
    ///
    /// It does not get ready.
    pub async fn start(binary: &str, args: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut child = command(binary, args, environment)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary was built");
        let mut out = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        timeout(PATIENCE, out.read_line(&mut line))
            .await
            .expect("a service gets ready in time")
            .expect("standard output is readable");
        let ready = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("{error} in the ready line {line:?}"));
        Self { child, ready, _out: out }
    }

    /// What it said when it was ready.
    pub const fn ready(&self) -> &Value {
        &self.ready
    }

    /// The address of `path`.
    ///
    /// # Panics
    ///
    /// The ready line has no address.
    pub fn url(&self, path: &str) -> String {
        let address = self.ready["listening"].as_str().expect("a ready line has an address");
        format!("http://{address}{path}")
    }

    /// Sends a signal.
    ///
    /// # Panics
    ///
    /// It has ended already.
    pub fn signal(&self, signal: Signal) {
        let pid = self.child.id().expect("the service runs").cast_signed();
        kill(Pid::from_raw(pid), signal).expect("the service runs");
    }

    /// Waits for its end.
    ///
    /// # Panics
    ///
    /// It does not end.
    pub async fn ended(&mut self) -> ExitStatus {
        timeout(PATIENCE, self.child.wait())
            .await
            .expect("a service ends in time")
            .expect("a child can be waited for")
    }

    /// Ends it at once, without a chance to clean up.
    pub async fn kill(mut self) {
        self.signal(Signal::SIGKILL);
        self.ended().await;
    }
}

/// Starts a service that cannot start; returns its exit code and what it said.
///
/// # Panics
///
/// It started.
pub async fn refusal(binary: &str, args: &[&str], environment: &[(&str, &str)]) -> (i32, String) {
    let ended = timeout(PATIENCE, command(binary, args, environment).output())
        .await
        .expect("a service that cannot start ends")
        .expect("the binary was built");
    assert!(ended.stdout.is_empty(), "a service that is not ready says nothing");
    let told = String::from_utf8(ended.stderr).expect("messages are text");
    (ended.status.code().expect("no signal was sent"), told)
}

/// The environment of the test is not the service's: a stray `DATABASE` would be used.
fn command(binary: &str, args: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(binary);
    command.env_clear().envs(environment.iter().copied()).args(args).kill_on_drop(true);
    command
}
