//! What the service is told at its start.

use std::{net::SocketAddr, path::PathBuf};

use clap::Parser;
use kit::{
    config::{Process, Service},
    operator::Operator,
    telemetry::Traces,
};

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
