use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use super::{Facts, Version};

/// What was found in one place, and what it means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked for.
    pub name: &'static str,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found.
    pub found: String,
    /// Who needs it.
    pub need: Need,
    /// How to get it; `None`: it is there.
    pub remedy: Option<String>,
}

/// Who needs what was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "&'static str")]
pub enum Need {
    /// `cargo demo`, and with it everything else.
    Demo,
    /// `chaos demo --no-build`; under cargo the services are built first.
    NoBuild,
    /// `chaos up`, which can do with other ports.
    Up,
    /// The commands with `--compose`.
    Compose,
    /// The tests in a browser.
    Browser,
}

impl Need {
    const fn name(self) -> &'static str {
        match self {
            Self::Demo => "cargo demo",
            Self::NoBuild => "--no-build",
            Self::Up => "chaos up",
            Self::Compose => "--compose",
            Self::Browser => "browser tests",
        }
    }
}

impl From<Need> for &'static str {
    fn from(need: Need) -> Self {
        need.name()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match (self.ok, self.need) {
            (true, _) => '✔',
            (false, Need::Demo) => '✘',
            (false, _) => '○',
        };
        let (name, found, need) = (self.name, &self.found, self.need.name());
        write!(f, "{mark} {name:<14} {found}  [for {need}]")?;
        self.remedy.iter().try_for_each(|remedy| write!(f, "\n    {remedy}"))
    }
}

/// The oldest Rust that builds this project.
const RUST: &str = env!("CARGO_PKG_RUST_VERSION");
/// What builds the services.
const BUILD: &str = "cargo build --release --bin user --bin order --bin dashboard";
/// What the databases and logs of a demo take at most, with room to spare.
const ROOM: u64 = 200 << 20;

/// Judges what was found. The demo can run when all that [`Need::Demo`] asks for is there.
#[must_use]
pub fn diagnose(facts: &Facts) -> Vec<Finding> {
    vec![
        is_there(
            "Linux, /proc",
            Need::Demo,
            here(&facts.proc),
            "run it on Linux, or in a \
            Linux container or virtual machine",
        ),
        rust("cargo", facts.cargo.as_deref()),
        rust("rustc", facts.rustc.as_deref()),
        is_there(
            "C compiler",
            Need::Demo,
            facts.compiler.clone().ok_or_else(missing),
            "apt install gcc libc6-dev",
        ),
        room(facts),
        state(&facts.state),
        services(&facts.binaries),
        ports(&facts.taken),
        prometheus(facts.prometheus_taken),
        operators(&facts.operators_taken),
        is_there(
            "Docker engine",
            Need::Compose,
            engine(facts),
            "apt install docker.io, then \
            start it (systemctl start docker) and join its group (usermod -aG docker $USER)",
        ),
        is_there(
            "Compose",
            Need::Compose,
            facts.compose.clone().ok_or_else(missing),
            "apt install docker-compose",
        ),
        is_there(
            "Chromium",
            Need::Browser,
            facts.chromium.clone().ok_or_else(missing),
            "apt install chromium",
        ),
        is_there(
            "chromedriver",
            Need::Browser,
            facts.driver.clone().ok_or_else(missing),
            "apt install chromium-driver",
        ),
    ]
}

fn missing() -> String {
    "not found".to_owned()
}

fn here(found: &Result<(), String>) -> Result<String, String> {
    found.clone().map(|()| "here".to_owned())
}

fn is_there(
    name: &'static str,
    need: Need,
    found: Result<String, String>,
    remedy: &str,
) -> Finding {
    match found {
        Ok(found) => Finding { name, ok: true, found, need, remedy: None },
        Err(found) => Finding { name, ok: false, found, need, remedy: Some(remedy.to_owned()) },
    }
}

fn rust(name: &'static str, line: Option<&str>) -> Finding {
    let found = match line {
        None => Err(missing()),
        Some(line) if Version::find(line) >= Version::find(RUST) => Ok(line.to_owned()),
        Some(line) => Err(format!("{line}, expected {RUST} or newer")),
    };
    let remedy = "https://rustup.rs, or where rustup is installed: rustup update stable";
    is_there(name, Need::Demo, found, remedy)
}

fn room(facts: &Facts) -> Finding {
    let temp = facts.temp.display();
    let found = match facts.room {
        Some(room) if room >= ROOM => Ok(format!("{} MiB free in {temp}", room >> 20)),
        Some(room) => {
            Err(format!("{} MiB free in {temp}, expected {} MiB", room >> 20, ROOM >> 20))
        }
        None => Err(format!("cannot be told of {temp}")),
    };
    is_there("room", Need::Demo, found, "make room there, or set TMPDIR to another directory")
}

fn state(found: &Result<PathBuf, String>) -> Finding {
    let found = found.clone().map(|path| format!("{} can be written", path.display()));
    let remedy = "make it yours, or set XDG_STATE_HOME to another directory";
    is_there("state", Need::Demo, found, remedy)
}

fn services(found: &Result<(), String>) -> Finding {
    // The error ends with the command, for the profile that this program was built with.
    let (found, remedy) = match found {
        Ok(()) => (Ok("here".to_owned()), ""),
        Err(error) => match error.split_once("; build it with: ") {
            Some((missing, command)) => (Err(missing.to_owned()), command),
            None => (Err(error.clone()), BUILD),
        },
    };
    is_there("services", Need::NoBuild, found, remedy)
}

fn prometheus(is_taken: bool) -> Finding {
    let port = Facts::PROMETHEUS;
    let found = if is_taken { Err(format!("taken: {port}")) } else { Ok(format!("free: {port}")) };
    let remedy = "end what listens there (ss -ltnp shows it), or set PROMETHEUS_PORT to another";
    is_there("Prometheus", Need::Compose, found, remedy)
}

fn operators(taken: &[u16]) -> Finding {
    let all = Facts::OPERATORS.into_iter();
    let taken: Vec<_> = all.clone().filter(|(port, _)| taken.contains(port)).collect();
    let found = if taken.is_empty() {
        Ok(format!("free: {}", list(&all.map(|(port, _)| port).collect::<Vec<_>>())))
    } else {
        Err(format!("taken: {}", list(&taken.iter().map(|(port, _)| *port).collect::<Vec<_>>())))
    };
    let variables: Vec<_> = taken.iter().map(|(_, variable)| *variable).collect();
    let remedy = format!(
        "end what listens there (ss -ltnp shows it), or set {} to another",
        variables.join(", ")
    );
    is_there("operators", Need::Compose, found, &remedy)
}

fn list(ports: &[u16]) -> String {
    ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")
}

fn ports(taken: &[u16]) -> Finding {
    let found = if taken.is_empty() {
        Ok(format!("free: {}", list(&Facts::ports())))
    } else {
        Err(format!("taken: {}", list(taken)))
    };
    let remedy = "end what listens there (ss -ltnp shows it), or use chaos up --any-ports";
    is_there("ports", Need::Up, found, remedy)
}

fn engine(facts: &Facts) -> Result<String, String> {
    let engine = facts.engine.clone()?;
    Ok(format!("{}, API {}", engine.version, engine.api))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::{Binaries, EngineVersion, Programs};

    type Case = (&'static str, Need, fn(&mut Facts));

    fn complete() -> Facts {
        let line = |text: &str| Some(text.to_owned());
        Facts {
            proc: Ok(()),
            cargo: line("cargo 1.99.0"),
            rustc: line("rustc 1.99.0"),
            compiler: line("cc (Debian) 14"),
            binaries: Ok(()),
            taken: Vec::new(),
            prometheus_taken: false,
            operators_taken: Vec::new(),
            state: Ok("/state".into()),
            temp: "/tmp".into(),
            room: Some(1 << 30),
            engine: Ok(EngineVersion { version: "26.1".to_owned(), api: "1.45".to_owned() }),
            compose: line("Docker Compose version 2"),
            chromium: line("Chromium 150"),
            driver: line("ChromeDriver 150"),
        }
    }

    fn failing(facts: &Facts) -> Vec<Finding> {
        diagnose(facts).into_iter().filter(|finding| !finding.ok).collect()
    }

    #[test]
    fn a_complete_machine_has_nothing_to_be_told() {
        assert_eq!(failing(&complete()), []);
    }

    #[test]
    fn each_thing_that_is_missing_is_one_finding_with_a_remedy() {
        let cases: [Case; 14] = [
            ("Linux, /proc", Need::Demo, |facts| facts.proc = Err("no".to_owned())),
            ("cargo", Need::Demo, |facts| facts.cargo = None),
            ("rustc", Need::Demo, |facts| facts.rustc = Some("rustc 1.60.0".to_owned())),
            ("C compiler", Need::Demo, |facts| facts.compiler = None),
            ("room", Need::Demo, |facts| facts.room = Some(1 << 20)),
            ("services", Need::NoBuild, |facts| facts.binaries = Err("no".to_owned())),
            ("ports", Need::Up, |facts| facts.taken = vec![8080]),
            ("Prometheus", Need::Compose, |facts| facts.prometheus_taken = true),
            ("operators", Need::Compose, |facts| facts.operators_taken = vec![9902]),
            ("state", Need::Demo, |facts| facts.state = Err("no".to_owned())),
            ("Docker engine", Need::Compose, |facts| facts.engine = Err("no".to_owned())),
            ("Compose", Need::Compose, |facts| facts.compose = None),
            ("Chromium", Need::Browser, |facts| facts.chromium = None),
            ("chromedriver", Need::Browser, |facts| facts.driver = None),
        ];
        for (name, need, take_away) in cases {
            let mut facts = complete();
            take_away(&mut facts);
            let found = failing(&facts);
            assert_eq!(found.len(), 1, "{name}: {found:?}");
            assert_eq!((found[0].name, found[0].need), (name, need));
            assert!(found[0].remedy.is_some(), "{name}");
        }
    }

    #[test]
    fn an_old_compiler_is_told_what_is_expected_of_it() {
        let found = rust("rustc", Some("rustc 1.60.0 (x)")).found;
        assert_eq!(found, format!("rustc 1.60.0 (x), expected {RUST} or newer"));
    }

    #[test]
    fn what_builds_the_services_is_told_once_and_as_their_search_says() {
        let empty = tempfile::tempdir().unwrap();
        let missing = Binaries::in_directory(empty.path(), Programs::WithDashboard).unwrap_err();
        let finding = services(&Err(missing.to_string()));
        assert_eq!(finding.to_string().matches("cargo build").count(), 1, "{finding}");
        let remedy = finding.remedy.unwrap();
        assert_eq!(remedy, BUILD.replace(" --release", ""));
    }

    #[test]
    fn a_taken_port_for_operators_is_told_with_the_variable_that_moves_it() {
        let finding = operators(&[9902, 9903]);
        assert_eq!(finding.found, "taken: 9902, 9903");
        let remedy = finding.remedy.unwrap();
        let variables = "set ORDER_GUARDED_ADMIN_PORT, ORDER_BARE_ADMIN_PORT to another";
        assert!(remedy.ends_with(variables), "{remedy}");
        assert_eq!(operators(&[]).found, "free: 9901, 9902, 9903");
    }

    #[test]
    fn a_finding_reads_as_a_line_with_the_remedy_below() {
        let found = ports(&[5001, 8080]).to_string();
        assert!(found.starts_with("○ ports          taken: 5001, 8080  [for chaos up]\n    end"));
        assert!(rust("cargo", None).to_string().starts_with("✘ cargo "), "the demo needs it");
    }
}
