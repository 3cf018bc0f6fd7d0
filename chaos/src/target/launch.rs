use std::env::var_os;
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, anyhow};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::ChildStdout;
use tokio::time::{Instant, sleep, timeout};

use super::service::{AGAIN, START, STOP};
use super::token::TOKEN_VARIABLE;
use super::{Journal, Process, Ready, Service};

/// How to start a service as a process.
#[derive(Clone, Debug)]
pub struct Launch {
    /// What it is called in messages.
    pub name: String,
    /// The program.
    pub binary: PathBuf,
    /// Its arguments, without the address.
    pub args: Vec<OsString>,
    /// The token of operators; `None`: it has none.
    pub admin_token: Option<String>,
    /// Where it answers operators, with the same token; port 0: any free one, which it keeps.
    pub operators: Option<SocketAddr>,
    /// Where its log goes.
    pub log: PathBuf,
}

/// The process of a service.
#[derive(Debug)]
pub(super) struct Launched {
    launch: Launch,
    process: Process,
    // Held open: a service that wrote another line to a closed pipe would fail.
    _stdout: Lines<BufReader<ChildStdout>>,
}

impl Launch {
    /// Starts the service on `port`; 0: any free one.
    ///
    /// # Errors
    ///
    /// When it does not say that it is ready; the last lines of its log are in the text.
    pub async fn start_on(self, port: u16, journal: &Journal) -> anyhow::Result<Service> {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let (launched, ready) = self.start_at(address, journal).await?;
        Ok(Service::of_process(launched, ready))
    }

    async fn start_at(
        mut self,
        address: SocketAddr,
        journal: &Journal,
    ) -> anyhow::Result<(Launched, Ready)> {
        let mut command = Command::new(&self.binary);
        // Whatever is set around this tool, such as `WORKERS` or `RUST_LOG`, must not reach a
        // service past its arguments and make two runs differ.
        command.env_clear().envs(var_os("PATH").map(|path| ("PATH", path)));
        command.args(["--listen", &address.to_string()]).args(&self.args);
        if let Some(operators) = self.operators {
            command.args(["--admin-listen", &operators.to_string()]);
        }
        command.envs(self.admin_token.iter().map(|token| (TOKEN_VARIABLE, token)));
        let log = OpenOptions::new().create(true).append(true).open(&self.log);
        let log = log.with_context(|| format!("cannot write {}", self.log.display()))?;
        command.stdout(Stdio::piped()).stderr(log);

        let mut process = Process::spawn(command, journal)?;
        let stdout = process.take_stdout().context("the output is piped")?;
        let mut lines = BufReader::new(ChildStdout::from_std(stdout)?).lines();
        let line = timeout(START, lines.next_line()).await;
        let ready = match line {
            Ok(line) => match line? {
                Some(line) => Ready::parse(&line),
                None => Err(anyhow!("it ended before it was ready")),
            },
            Err(_) => Err(anyhow!("it was not ready within {START:?}")),
        };
        let ready = ready.map_err(|error| self.failed(&error))?;
        // Whoever was told of it finds it there after another start.
        self.operators = ready.admin.or(self.operators);
        Ok((Launched { launch: self, process, _stdout: lines }, ready))
    }

    fn failed(&self, error: &anyhow::Error) -> anyhow::Error {
        let Self { name, log, .. } = self;
        anyhow!("the {name} service did not start: {error}{}", last_lines(log))
    }
}

impl Launched {
    /// What the service is called in messages.
    pub(super) fn name(&self) -> &str {
        &self.launch.name
    }

    /// The pid of the process.
    pub(super) const fn pid(&self) -> i32 {
        self.process.pid().as_raw()
    }

    /// How the process ended, if it did.
    pub(super) fn ended(&mut self) -> Option<String> {
        self.process.ended().map(|status| status.to_string())
    }

    /// Kills the process.
    pub(super) fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again at `address`.
    ///
    /// # Errors
    ///
    /// When it does not come up. A start that fails is tried again for a while, because a
    /// connection on its way out may still hold the port.
    pub(super) async fn restart(
        &mut self,
        address: SocketAddr,
        journal: &Journal,
    ) -> anyhow::Result<Ready> {
        let give_up = Instant::now() + START;
        loop {
            match self.launch.clone().start_at(address, journal).await {
                Ok((launched, ready)) => {
                    *self = launched;
                    return Ok(ready);
                }
                Err(error) if Instant::now() >= give_up => return Err(error),
                Err(_) => sleep(AGAIN).await,
            }
        }
    }

    /// Asks the process to drain and stop.
    ///
    /// # Errors
    ///
    /// When it did not stop in time or not cleanly; it is gone in any case.
    pub(super) async fn stop(&mut self) -> anyhow::Result<()> {
        let stopped = self.process.stop(STOP).await;
        stopped.map_err(|error| anyhow!("{error}{}", last_lines(&self.launch.log)))
    }
}

/// The end of a log, to be shown after an error.
fn last_lines(log: &Path) -> String {
    const SHOWN: usize = 10;
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(SHOWN)..];
    if last.is_empty() {
        return "\n  its log is empty".to_owned();
    }
    format!("\n  | {}", last.join("\n  | "))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn shell(directory: &Path, script: &str) -> Launch {
        let binary = directory.join("service.sh");
        fs::write(&binary, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&binary, fs::Permissions::from_mode(0o700)).unwrap();
        Launch {
            name: "user".to_owned(),
            binary,
            args: Vec::new(),
            admin_token: None,
            operators: None,
            log: directory.join("log"),
        }
    }

    #[tokio::test]
    async fn a_service_that_fails_to_start_shows_the_end_of_its_log() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::open(&directory.path().join("state")).unwrap();
        let launch = shell(directory.path(), "echo first >&2; echo 'port taken' >&2; exit 1");
        let error = launch.start_on(0, &journal).await.unwrap_err().to_string();
        assert!(error.starts_with("the user service did not start: it ended before"), "{error}");
        assert!(error.ends_with("  | first\n  | port taken"), "{error}");
    }

    #[tokio::test]
    async fn a_killed_service_is_restarted_where_it_listened() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::open(&directory.path().join("state")).unwrap();
        let script = "echo \"$2\" >> \"$0.calls\"\n\
            echo '{\"service\":\"user\",\"listening\":\"127.0.0.1:4242\"}'\nexec sleep 60";
        let launch = shell(directory.path(), script);
        let mut service = launch.start_on(0, &journal).await.unwrap();
        assert!(service.restart(&journal).await.is_err(), "it still runs");
        service.kill(&journal).await.unwrap();
        assert!(service.gone().await.unwrap());
        service.restart(&journal).await.unwrap();
        assert_eq!(service.starts(), 2);
        assert!(!service.gone().await.unwrap());
        let calls = fs::read_to_string(directory.path().join("service.sh.calls")).unwrap();
        assert_eq!(calls, "127.0.0.1:0\n127.0.0.1:4242\n");
    }

    #[tokio::test]
    async fn a_restarted_service_answers_operators_where_it_did() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::open(&directory.path().join("state")).unwrap();
        let script = "echo \"$3 $4\" >> \"$0.calls\"\n\
            echo '{\"service\":\"user\",\"listening\":\"127.0.0.1:1\",\"admin\":\"127.0.0.1:2\"}'\n\
            exec sleep 60";
        let any = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
        let launch = Launch { operators: any, ..shell(directory.path(), script) };
        let mut service = launch.start_on(0, &journal).await.unwrap();
        assert_eq!(service.operators_url().as_deref(), Some("http://127.0.0.1:2"));
        service.kill(&journal).await.unwrap();
        assert!(service.gone().await.unwrap());
        service.restart(&journal).await.unwrap();
        let calls = fs::read_to_string(directory.path().join("service.sh.calls")).unwrap();
        assert_eq!(calls, "--admin-listen 127.0.0.1:0\n--admin-listen 127.0.0.1:2\n");
    }
}
