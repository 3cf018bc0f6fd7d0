//! What the service is told at its start.

use std::{net::SocketAddr, path::PathBuf};

use clap::Parser;
use kit::{
    config::{Process, Service},
    operator::Operator,
    process::BadConfig,
    secret::Secret,
    telemetry::Traces,
};

/// The variable that holds the token when no other is named.
const TOKEN: &str = "ADMIN_TOKEN";

/// The user service of the demo.
#[derive(Parser, Clone, Debug)]
#[command(version)]
pub struct Config {
    /// Address to listen on; port 0 takes any free port
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:5001", value_name = "ADDRESS")]
    pub listen: SocketAddr,

    /// Database file, made when it is missing
    #[arg(long, env = "DATABASE", default_value = "./user.db", value_name = "PATH")]
    pub database: PathBuf,

    /// Environment variable with the token of /admin [default: `ADMIN_TOKEN`, where not set: no /admin]
    #[arg(long, value_name = "NAME")]
    pub admin_token_env: Option<String>,

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

impl Service for Config {
    fn process(&self) -> Process {
        self.process
    }

    fn traces(&self) -> Traces {
        self.traces.clone()
    }

    fn address(&self) -> SocketAddr {
        self.listen
    }
}

impl Config {
    /// The token that opens `/admin`; without one there is no `/admin`.
    ///
    /// It comes from the environment alone, because a command line can be read by every user
    /// of the machine.
    ///
    /// # Errors
    ///
    /// A variable was named, but it is not set or is empty.
    pub fn admin_token(&self) -> Result<Option<Secret>, BadConfig> {
        let name = self.admin_token_env.as_deref();
        let token = std::env::var(name.unwrap_or(TOKEN)).ok().and_then(Secret::new);
        match name {
            Some(name) if token.is_none() => Err(BadConfig(format!(
                "--admin-token-env names {name}, but that variable holds no token"
            ))),
            _ => Ok(token),
        }
    }
}
