//! Log lines on standard error; standard output belongs to the ready line.

use std::io::{IsTerminal as _, stderr};

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

use crate::process::BadConfig;

/// How log lines are written.
#[derive(ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

/// Starts logging for the whole process; `RUST_LOG` chooses what, `warn` when it is not set.
///
/// # Errors
///
/// [`BadConfig`] when `RUST_LOG` cannot be understood. A subscriber that is already installed
/// is kept: the first one wins.
pub fn init(format: LogFormat) -> Result<(), BadConfig> {
    let wanted = std::env::var(EnvFilter::DEFAULT_ENV).unwrap_or_default();
    let wanted = if wanted.is_empty() { "warn" } else { &wanted };
    let filter = EnvFilter::try_new(wanted).map_err(|error| {
        BadConfig(format!("RUST_LOG is {wanted:?}, but must be a log filter: {error}"))
    })?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(stderr().is_terminal())
        .with_writer(stderr);
    // It fails only when a subscriber is installed, and that one is then used.
    let _ = match format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
    Ok(())
}
