//! What the service is told at its start.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use clap::{Parser, ValueEnum};
use http::{Uri, uri::Scheme};
use kit::{
    config::{Process, Service},
    operator::Operator,
    outbound::Without,
    process::BadConfig,
    telemetry::Traces,
};

/// The order service of the demo.
#[derive(Parser, Clone, Debug)]
#[command(version)]
pub struct Config {
    /// Address to listen on; port 0 takes any free port [default: 127.0.0.1:5002, bare: :5003]
    #[arg(long, env = "LISTEN", value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,

    /// Database file, made when it is missing [default: ./order-STACK.db]
    #[arg(long, env = "DATABASE", value_name = "PATH")]
    pub database: Option<PathBuf>,

    /// Where the user service is
    #[arg(long, env = "USERS_URL", default_value = "http://127.0.0.1:5001", value_name = "URL",
          value_parser = parse_url)]
    pub users_url: Uri,

    /// How the user service is asked
    #[arg(long, env = "STACK", value_enum, default_value_t = Stack::Guarded)]
    pub stack: Stack,

    /// Policies that the guarded stack is built without: retry,breaker,timeout,deadline,budget
    #[arg(long, env = "WITHOUT", default_value_t, hide_default_value = true, value_name = "LIST")]
    pub without: Without,

    /// File with the policies of the guarded stack, which is read again whenever it changes
    /// [default: those that the program was built with]
    #[arg(long, env = "POLICIES", value_name = "PATH")]
    pub policies: Option<PathBuf>,

    /// Places two orders for one key, for a check of the data to find
    #[cfg(feature = "sabotage")]
    #[arg(long, hide = true)]
    pub break_idempotency: bool,

    /// Where operators are answered.
    #[command(flatten)]
    pub operator: Operator,

    /// Where spans go.
    #[command(flatten)]
    pub traces: Traces,

    /// What every service is told.
    #[command(flatten)]
    pub process: Process,
}

/// How the user service is asked.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stack {
    /// Through all policies.
    Guarded,
    /// Through none.
    Bare,
}

impl Stack {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Guarded => "guarded",
            Self::Bare => "bare",
        }
    }

    /// How this service names itself to others.
    pub(crate) const fn caller(self) -> &'static str {
        match self {
            Self::Guarded => "order-guarded",
            Self::Bare => "order-bare",
        }
    }
}

impl Service for Config {
    fn process(&self) -> Process {
        self.process
    }

    fn traces(&self) -> Traces {
        self.traces.clone()
    }

    /// Each stack has its own default, so that both can run.
    fn address(&self) -> SocketAddr {
        let port = match self.stack {
            Stack::Guarded => 5002,
            Stack::Bare => 5003,
        };
        self.listen.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, port).into())
    }
}

impl Config {
    /// The database file; each stack has its own default, so that both can run.
    pub fn path(&self) -> PathBuf {
        let named = || format!("./order-{}.db", self.stack.as_str()).into();
        self.database.clone().unwrap_or_else(named)
    }

    /// Checks what no flag alone can be blamed for.
    pub(crate) fn check(&self) -> Result<(), BadConfig> {
        if self.stack == Stack::Bare && !self.without.is_empty() {
            let message = "--without leaves policies out, but --stack bare has none";
            return Err(BadConfig(message.into()));
        }
        if self.stack == Stack::Bare && self.policies.is_some() {
            let message = "--policies names a file of policies, but --stack bare has none";
            return Err(BadConfig(message.into()));
        }
        Ok(())
    }
}

/// Takes the address of a service: no path, no user, and plain HTTP alone.
fn parse_url(text: &str) -> Result<Uri, String> {
    let expected = || "expected an address such as http://127.0.0.1:5001".to_owned();
    let url: Uri = text.parse().map_err(|_| expected())?;
    let plain = url.scheme() == Some(&Scheme::HTTP)
        && matches!(url.path(), "" | "/")
        && url.query().is_none()
        && url.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    if plain { Ok(url) } else { Err(expected()) }
}

#[cfg(test)]
mod tests {
    use super::{Config, Parser as _, Service as _, Stack, parse_url};

    fn parse(words: &[&str]) -> Config {
        Config::try_parse_from(["order"].iter().chain(words)).unwrap()
    }

    #[test]
    fn each_stack_has_an_address_and_a_file_of_its_own() {
        let guarded = parse(&[]);
        assert_eq!(guarded.stack, Stack::Guarded);
        assert_eq!(guarded.address().to_string(), "127.0.0.1:5002");
        assert_eq!(guarded.path().to_str(), Some("./order-guarded.db"));
        let bare = parse(&["--stack", "bare"]);
        assert_eq!(bare.address().to_string(), "127.0.0.1:5003");
        assert_eq!(bare.path().to_str(), Some("./order-bare.db"));
    }

    #[test]
    fn the_bare_stack_has_nothing_to_leave_out() {
        assert!(parse(&["--without", "retry,breaker"]).check().is_ok());
        assert!(parse(&["--stack", "bare"]).check().is_ok());
        assert!(parse(&["--stack", "bare", "--without", "retry"]).check().is_err());
        assert!(parse(&["--stack", "bare", "--policies", "x.toml"]).check().is_err());
    }

    #[test]
    fn the_user_service_is_an_address_and_nothing_more() {
        assert!(parse_url("http://127.0.0.1:5001").is_ok());
        assert!(parse_url("http://users/").is_ok());
        for wrong in ["users:5001", "https://users", "http://users/v1", "http://a@users", "/", ""] {
            assert!(parse_url(wrong).is_err(), "{wrong:?}");
        }
    }
}
