use std::env::{current_exe, temp_dir, var};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use nix::sys::statvfs::statvfs;
use tokio::process::Command;
use tokio::time::timeout;

use crate::target::{
    Binaries, Engine, EngineVersion, Journal, Ports, Programs, check_system, is_free, state_dir,
};

/// What was found on a machine, without a judgement.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Whether processes can be told apart; the reason if not.
    pub proc: Result<(), String>,
    /// What `cargo --version` prints.
    pub cargo: Option<String>,
    /// What `rustc --version` prints.
    pub rustc: Option<String>,
    /// The first line that the C compiler prints of itself.
    pub compiler: Option<String>,
    /// Whether the services lie beside this program; what is missing if not.
    pub binaries: Result<(), String>,
    /// Those of the well-known ports that somebody listens on.
    pub taken: Vec<u16>,
    /// Whether somebody listens on the port of Prometheus.
    pub prometheus_taken: bool,
    /// Those of the ports for operators that somebody listens on.
    pub operators_taken: Vec<u16>,
    /// The directory for journals; why it cannot be written if not.
    pub state: Result<PathBuf, String>,
    /// The directory for temporary files.
    pub temp: PathBuf,
    /// The bytes free there.
    pub room: Option<u64>,
    /// The Docker engine; why it cannot be reached if not.
    pub engine: Result<EngineVersion, String>,
    /// What Compose prints of itself.
    pub compose: Option<String>,
    /// What Chromium prints of itself.
    pub chromium: Option<String>,
    /// What its driver prints of itself.
    pub driver: Option<String>,
}

/// How long a program may take to tell its version.
const LIMIT: Duration = Duration::from_secs(10);

impl Facts {
    /// The port of Prometheus, which only the composed demo has.
    pub const PROMETHEUS: u16 = 9090;

    /// The ports for operators, which the composed demo publishes, each with the variable that
    /// moves it.
    pub const OPERATORS: [(u16, &str); 3] = [
        (9901, "USER_ADMIN_PORT"),
        (9902, "ORDER_GUARDED_ADMIN_PORT"),
        (9903, "ORDER_BARE_ADMIN_PORT"),
    ];

    /// The ports that a demo is expected at.
    pub fn ports() -> [u16; 4] {
        let Ports { user, orders, dashboard } = Ports::WELL_KNOWN;
        [user, orders.guarded, orders.bare, dashboard]
    }

    /// Looks around on this machine.
    pub async fn gather() -> Self {
        let compiler = compiler(&var("CC").unwrap_or_default()).to_owned();
        let cargo = var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let temp = temp_dir();
        let version = &["--version"];
        let found = tokio::join!(
            output(&cargo, version),
            output("rustc", version),
            output(&compiler, version),
            compose(),
            chromium(),
            output("chromedriver", version),
            engine(),
        );
        let (cargo, rustc, compiler, compose, chromium, driver, engine) = found;
        Self {
            proc: check_system().map_err(|error| error.to_string()),
            cargo,
            rustc,
            compiler,
            binaries: binaries().map_err(|error| error.to_string()),
            taken: Self::ports().into_iter().filter(|&port| !is_free(port)).collect(),
            prometheus_taken: !is_free(Self::PROMETHEUS),
            operators_taken: Self::OPERATORS
                .into_iter()
                .map(|(port, _)| port)
                .filter(|&port| !is_free(port))
                .collect(),
            state: state(&state_dir()),
            room: statvfs(&temp).ok().map(|found| found.blocks_available() * found.fragment_size()),
            temp,
            engine: engine.map_err(|error| format!("{error:#}")),
            compose,
            chromium,
            driver,
        }
    }
}

/// The program in `CC`, which may have arguments behind it.
fn compiler(cc: &str) -> &str {
    cc.split_whitespace().next().unwrap_or("cc")
}

/// Tries what every demo does first.
fn state(state_dir: &Path) -> Result<PathBuf, String> {
    let opened = Journal::open(state_dir).map_err(|error| format!("{error:#}"));
    opened.map(|_| state_dir.to_owned())
}

async fn engine() -> anyhow::Result<EngineVersion> {
    let asked = async { Engine::connect().await?.version().await };
    timeout(LIMIT, asked).await.with_context(|| format!("no answer within {LIMIT:?}"))?
}

fn binaries() -> anyhow::Result<()> {
    let own = current_exe()?;
    Binaries::in_directory(own.parent().unwrap_or(&own), Programs::WithDashboard).map(drop)
}

async fn compose() -> Option<String> {
    match output("docker", &["compose", "version"]).await {
        Some(line) => Some(line),
        None => output("docker-compose", &["version"]).await,
    }
}

async fn chromium() -> Option<String> {
    for program in ["chromium", "chromium-browser", "google-chrome"] {
        if let Some(line) = output(program, &["--version"]).await {
            return Some(line);
        }
    }
    None
}

/// The first line that a program prints, if it is there and ends well.
async fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    let output = timeout(LIMIT, command.output()).await.ok()?.ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find(|line| !line.trim().is_empty())?.trim().to_owned();
    output.status.success().then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiler_is_the_first_word_of_cc_or_the_default() {
        assert_eq!(compiler("gcc -m64"), "gcc");
        assert_eq!((compiler(""), compiler(" ")), ("cc", "cc"));
    }

    #[test]
    fn a_state_directory_is_tried_and_nothing_is_left_in_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("chaos");
        assert_eq!(state(&path).unwrap(), path);
        assert_eq!(std::fs::read_dir(&path).unwrap().count(), 0);
        std::fs::write(directory.path().join("file"), "").unwrap();
        let error = state(&directory.path().join("file/chaos")).unwrap_err();
        assert!(error.contains("file/chaos"), "{error}");
    }

    #[test]
    fn the_ports_that_only_compose_publishes_are_those_of_its_file() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docker-compose.yml");
        let text = std::fs::read_to_string(path).unwrap();
        let prometheus = (Facts::PROMETHEUS, "PROMETHEUS_PORT");
        for (port, variable) in Facts::OPERATORS.into_iter().chain([prometheus]) {
            let published = format!("127.0.0.1:${{{variable}:-{port}}}:");
            assert_eq!(text.matches(&published).count(), 1, "{published}");
        }
        assert_eq!(text.matches("_ADMIN_PORT").count(), Facts::OPERATORS.len());
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_or_fails_prints_nothing() {
        assert_eq!(output("no-such-program", &[]).await, None);
        assert_eq!(output("sh", &["-c", "echo no; exit 1"]).await, None);
        let line = output("sh", &["-c", "echo; echo ' yes '; echo more"]).await;
        assert_eq!(line.as_deref(), Some("yes"));
    }
}
