//! What the dashboard is told at its start.

use std::{net::SocketAddr, time::Duration};

use clap::Parser;
use kit::{
    config::{Process, Service},
    process::BadConfig,
};

use crate::collect::{Target, parse_target};

/// The services of the demo at their own addresses.
const DEMO: &str = "user=http://127.0.0.1:5001,order-guarded=http://127.0.0.1:5002,\
                    order-bare=http://127.0.0.1:5003";

/// The most services that are watched: each costs memory.
const MOST_TARGETS: usize = 16;

/// Slower, and the page would be updated less than once a second.
const SLOWEST: Duration = Duration::from_secs(1);

/// Faster, and asking would be a load of its own.
const FASTEST: Duration = Duration::from_millis(100);

/// The dashboard.
#[derive(Parser, Clone, Debug)]
#[command(version)]
pub struct Config {
    /// Address to listen on; port 0 takes any free port
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    pub listen: SocketAddr,

    /// Service to watch, up to 16; give it again for each [default: those of the demo]
    #[arg(long = "target", env = "TARGETS", default_value = DEMO, hide_default_value = true,
          value_name = "NAME=URL", value_delimiter = ',', value_parser = parse_target)]
    pub targets: Vec<Target>,

    /// Address at which a service answers operators (its --admin-listen), up to 16; give it again
    /// for each [default: none, and no page for operators]
    #[arg(long, env = "OPERATE", value_name = "NAME=URL", value_delimiter = ',',
          value_parser = parse_target)]
    pub operate: Vec<Target>,

    /// Host name under which operators come to this page, besides those of loopback
    #[arg(
        long,
        env = "OPERATE_HOST",
        value_name = "NAME",
        value_delimiter = ',',
        requires = "operate"
    )]
    pub operate_host: Vec<String>,

    /// How often the services are asked, 100ms to 1s
    #[arg(long, env = "EVERY", default_value = "500ms", value_name = "TIME",
          value_parser = parse_every)]
    pub every: Duration,

    /// What every service is told.
    #[command(flatten)]
    pub process: Process,
}

impl Service for Config {
    fn process(&self) -> Process {
        self.process
    }

    fn address(&self) -> SocketAddr {
        self.listen
    }
}

impl Config {
    /// Checks what no flag alone can be blamed for.
    pub(crate) fn check(&self) -> Result<(), BadConfig> {
        check("--target", &self.targets)?;
        check("--operate", &self.operate)
    }
}

/// Each service has a name of its own, and there are not too many.
fn check(flag: &str, targets: &[Target]) -> Result<(), BadConfig> {
    let count = targets.len();
    if count > MOST_TARGETS {
        return Err(BadConfig(format!(
            "{flag} is given {count} times, but at most {MOST_TARGETS} services are watched"
        )));
    }
    let mut names: Vec<_> = targets.iter().map(|target| &target.name).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(BadConfig(format!(
            "{flag} names {} twice, but each service needs a name of its own",
            pair[0]
        ))),
        None => Ok(()),
    }
}

fn parse_every(text: &str) -> Result<Duration, String> {
    let every = humantime::parse_duration(text).map_err(|_| "expected a time such as 500ms")?;
    if (FASTEST..=SLOWEST).contains(&every) {
        Ok(every)
    } else {
        Err(format!("expected {FASTEST:?} to {SLOWEST:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Config, Duration, Parser as _, parse_every};

    fn parse(words: &[&str]) -> Config {
        Config::try_parse_from(["dashboard"].iter().chain(words)).unwrap()
    }

    #[test]
    fn the_services_of_the_demo_are_watched_unless_others_are_named() {
        let names = |config: &Config| {
            config.targets.iter().map(|target| target.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(&parse(&[])), ["user", "order-guarded", "order-bare"]);
        assert_eq!(parse(&[]).listen.to_string(), "127.0.0.1:8080");
        let others = ["--target", "a=http://a", "--target", "b=http://b,c=http://c"];
        assert_eq!(names(&parse(&others)), ["a", "b", "c"]);
    }

    #[test]
    fn targets_have_names_of_their_own_and_are_bounded() {
        assert!(parse(&[]).check().is_ok());
        let twice = parse(&["--target", "a=http://a", "--target", "a=http://b"]);
        assert!(twice.check().unwrap_err().0.contains("names a twice"));
        let many: Vec<_> = (0..17).map(|number| format!("t{number}=http://a")).collect();
        assert!(parse(&["--target", &many.join(",")]).check().is_err());
        let twice = parse(&["--operate", "a=http://a", "--operate", "a=http://b"]);
        assert!(twice.check().unwrap_err().0.starts_with("--operate names a twice"));
    }

    #[test]
    fn the_pace_has_bounds() {
        assert_eq!(parse_every("250ms"), Ok(Duration::from_millis(250)));
        for wrong in ["99ms", "1001ms", "0s", "often", ""] {
            assert!(parse_every(wrong).unwrap_err().starts_with("expected "), "{wrong:?}");
        }
    }
}
