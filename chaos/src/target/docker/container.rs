use std::fs::{self, File};
use std::io::{BufReader, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use bollard::models::ContainerInspectResponse;
use bollard::query_parameters::{
    DownloadFromContainerOptions, KillContainerOptions, LogsOptions, StopContainerOptions,
};
use futures_util::TryStreamExt;
use tokio::time::{Instant, sleep};

use super::archive::{text, unpack};
use super::engine::{is_missing, told};
use super::{ContainerRef, Engine, State, state};

/// A container that can be broken, mended and looked into.
#[derive(Clone, Debug)]
pub struct Container {
    engine: Engine,
    which: ContainerRef,
}

/// How long a service may take to be ready after its start.
const READY: Duration = Duration::from_secs(20);
/// How often a container is looked at that is expected to change.
const LOOK: Duration = Duration::from_millis(20);
/// How long a killed container may take to go.
const GOING: Duration = Duration::from_secs(5);
/// The longest archive of a small file, in bytes: what the archive adds comes in blocks of 10 KiB.
const SMALL_ARCHIVE: usize = 16 * 1024;

impl Container {
    /// The container `which` of `engine`.
    pub(super) const fn new(engine: Engine, which: ContainerRef) -> Self {
        Self { engine, which }
    }

    /// Finds a container that was noted earlier.
    ///
    /// # Errors
    ///
    /// When its engine cannot be reached.
    pub async fn find(which: ContainerRef) -> anyhow::Result<Self> {
        Ok(Self { engine: Engine::connect_to(&which.engine).await?, which })
    }

    /// Which container this is.
    pub const fn which(&self) -> &ContainerRef {
        &self.which
    }

    /// How it stands; `None`: it was removed.
    ///
    /// # Errors
    ///
    /// When the engine cannot be asked.
    pub async fn state(&self) -> anyhow::Result<Option<State>> {
        Ok(self.inspect().await?.as_ref().map(State::of))
    }

    /// The value of `variable` in its environment, as it was made with; `None`: it is not set, or
    /// empty.
    ///
    /// # Errors
    ///
    /// When the engine cannot be asked, or it was removed.
    pub async fn variable(&self, variable: &str) -> anyhow::Result<Option<String>> {
        let answer =
            self.inspect().await?.with_context(|| format!("the {} is gone", self.which))?;
        Ok(state::variable(&answer, variable))
    }

    /// Kills it without a warning, as a crash would, and waits until it is gone.
    ///
    /// # Errors
    ///
    /// When it did not run, or the engine refuses.
    pub async fn kill(&self) -> anyhow::Result<()> {
        let options = KillContainerOptions { signal: "SIGKILL".to_owned() };
        let killed = self.engine.docker.kill_container(&self.which.id, Some(options)).await;
        killed.map_err(told).with_context(|| format!("cannot kill the {}", self.which))?;
        let give_up = Instant::now() + GOING;
        while self.state().await?.is_some_and(|state| state.running) {
            ensure!(Instant::now() < give_up, "the {} still runs after SIGKILL", self.which);
            sleep(LOOK).await;
        }
        Ok(())
    }

    /// Asks it to drain and stop, kills it after `limit`, and gives its exit code.
    ///
    /// One that does not run any more is left as it is.
    ///
    /// # Errors
    ///
    /// When the engine refuses.
    pub async fn stop(&self, limit: Duration) -> anyhow::Result<i64> {
        let shown = || format!("cannot stop the {}", self.which);
        let seconds = i32::try_from(limit.as_secs()).with_context(shown)?;
        let options = StopContainerOptions { t: Some(seconds), ..Default::default() };
        let stopped = self.engine.docker.stop_container(&self.which.id, Some(options)).await;
        stopped.map_err(told).with_context(shown)?;
        let state = self.state().await?.with_context(|| format!("the {} is gone", self.which))?;
        Ok(state.exit_code)
    }

    /// Starts it, waits until its service is ready, and tells how it then stands.
    ///
    /// One that runs already is only waited for.
    ///
    /// # Errors
    ///
    /// When the engine refuses, or the service is not ready in time; the last lines of its
    /// log are in the text.
    pub async fn start(&self, http: &reqwest::Client) -> anyhow::Result<State> {
        let started = self.engine.docker.start_container(&self.which.id, None).await;
        started.map_err(told).with_context(|| format!("cannot start the {}", self.which))?;
        self.ready(http).await
    }

    /// Waits until its service is ready, and tells how it then stands.
    ///
    /// # Errors
    ///
    /// When it does not run, publishes no port, or is not ready in time.
    pub async fn ready(&self, http: &reqwest::Client) -> anyhow::Result<State> {
        let give_up = Instant::now() + READY;
        loop {
            let state = self.state().await?;
            let state = state.with_context(|| format!("the {} is gone", self.which))?;
            if !state.running {
                let log = self.last_lines().await;
                bail!("the {} ended with exit code {}{log}", self.which, state.exit_code);
            }
            let Some(address) = state.address else {
                bail!("the {} publishes no port on 127.0.0.1", self.which);
            };
            let answer = http.get(format!("http://{address}/health/ready")).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(state);
            }
            if Instant::now() >= give_up {
                let log = self.last_lines().await;
                bail!("the {} was not ready within {READY:?}{log}", self.which);
            }
            sleep(LOOK).await;
        }
    }

    /// All that it has written to standard output, over all its starts.
    ///
    /// # Errors
    ///
    /// When the engine cannot be asked or keeps no log.
    pub async fn output(&self) -> anyhow::Result<String> {
        let options = LogsOptions { stdout: true, tail: "all".to_owned(), ..Default::default() };
        let bytes = self.log(options).await;
        bytes.with_context(|| format!("cannot read the log of the {}", self.which))
    }

    /// Copies the file `path` in it to `to`, whether it runs or not; `false`: there is none.
    ///
    /// # Errors
    ///
    /// When the engine refuses, `path` is no file, or `to` cannot be made.
    pub async fn copy_file(&self, path: &str, to: &Path) -> anyhow::Result<bool> {
        let shown = || format!("cannot read {path} in the {}", self.which);
        let mut archive = to.as_os_str().to_owned();
        archive.push(".tar");
        // Through a file: a database may be larger than what fits the memory.
        let mut file = File::create_new(&archive).with_context(shown)?;
        let options = DownloadFromContainerOptions { path: path.to_owned() };
        let mut chunks =
            Box::pin(self.engine.docker.download_from_container(&self.which.id, Some(options)));
        let found = loop {
            match chunks.try_next().await {
                Ok(Some(chunk)) => file.write_all(&chunk).with_context(shown)?,
                Ok(None) => break true,
                Err(error) if is_missing(&error) => break false,
                Err(error) => return Err(told(error)).with_context(shown),
            }
        };
        if found {
            let archive = File::open(&archive).with_context(shown)?;
            unpack(BufReader::new(archive), to).with_context(shown)?;
        }
        fs::remove_file(&archive).with_context(shown)?;
        Ok(found)
    }

    /// The text of the small file `path` in it, whether it runs or not; `None`: there is none.
    ///
    /// # Errors
    ///
    /// When the engine refuses, or `path` is no file, no text, or longer than 4 KiB.
    pub async fn read_file(&self, path: &str) -> anyhow::Result<Option<String>> {
        let shown = || format!("cannot read {path} in the {}", self.which);
        let options = DownloadFromContainerOptions { path: path.to_owned() };
        let mut chunks =
            Box::pin(self.engine.docker.download_from_container(&self.which.id, Some(options)));
        let mut archive = Vec::new();
        loop {
            match chunks.try_next().await {
                Ok(Some(chunk)) => archive.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(error) if is_missing(&error) => return Ok(None),
                Err(error) => return Err(told(error)).with_context(shown),
            }
            ensure!(archive.len() <= SMALL_ARCHIVE, "{}: it is too long", shown());
        }
        text(&archive[..]).map(Some).with_context(shown)
    }

    async fn inspect(&self) -> anyhow::Result<Option<ContainerInspectResponse>> {
        match self.engine.docker.inspect_container(&self.which.id, None).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => {
                Err(told(error)).with_context(|| format!("cannot look at the {}", self.which))
            }
        }
    }

    async fn log(&self, options: LogsOptions) -> anyhow::Result<String> {
        let mut frames = Box::pin(self.engine.docker.logs(&self.which.id, Some(options)));
        let mut bytes = Vec::new();
        while let Some(frame) = frames.try_next().await.map_err(told)? {
            bytes.extend_from_slice(frame.as_ref());
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The end of its log, to be shown after an error.
    async fn last_lines(&self) -> String {
        let tail = "10".to_owned();
        let options = LogsOptions { stdout: true, stderr: true, tail, ..Default::default() };
        let text = self.log(options).await.unwrap_or_default();
        let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        if lines.is_empty() {
            return "\n  its log is empty".to_owned();
        }
        format!("\n  | {}", lines.join("\n  | "))
    }
}
