//! What a process tells of its work: log lines, and spans that go to a collector.
//!
//! Log lines go to standard error; standard output belongs to the ready line. Spans go out by OTLP over
//! HTTP, in protobuf, where a collector is named; without one nothing of OpenTelemetry is in the process's
//! way. A collector that is slow or gone costs spans, which are counted, and no call any time.

mod answer;
mod context;
mod endpoint;
mod exporter;
mod lines;
mod losses;
mod server;
#[cfg(test)]
#[cfg(feature = "testing")]
mod server_tests;
#[cfg(test)]
mod tests;

use std::io::{IsTerminal as _, stderr};

use clap::{Args, ValueEnum};
use tracing_subscriber::{EnvFilter, util::SubscriberInitExt as _};

pub use self::{
    context::inject,
    endpoint::{BadEndpoint, Endpoint},
    exporter::Exporter,
    lines::subscriber,
    losses::Losses,
    server::in_span,
};
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

/// Where the spans of a service go.
#[derive(Args, Clone, Debug, Default)]
pub struct Traces {
    /// Collector of traces, by OTLP over HTTP; a wrong address stops the service [default, and when
    /// empty: none, and no traces]
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL", default_value = "",
          hide_default_value = true, value_parser = endpoint::unless_empty)]
    pub otlp_endpoint: Place,
}

/// The address of a collector, if there is one.
// Named, because clap takes an `Option` that it sees for a flag that is not given, and this one may be
// given and empty.
pub type Place = Option<Endpoint>;

/// Starts logging for the whole process; `RUST_LOG` chooses what, `warn` when it is not set. With an
/// `exporter`, spans go to it whatever `RUST_LOG` says, and log lines carry their ids.
///
/// # Errors
///
/// [`BadConfig`] when `RUST_LOG` cannot be understood. A subscriber that is already installed
/// is kept: the first one wins.
pub fn init(format: LogFormat, exporter: Option<&Exporter>) -> Result<(), BadConfig> {
    let wanted = std::env::var(EnvFilter::DEFAULT_ENV).unwrap_or_default();
    let wanted = if wanted.is_empty() { "warn" } else { &wanted };
    let filter = EnvFilter::try_new(wanted).map_err(|error| {
        BadConfig(format!("RUST_LOG is {wanted:?}, but must be a log filter: {error}"))
    })?;
    let Some(exporter) = exporter else {
        let lines = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_ansi(stderr().is_terminal())
            .with_writer(stderr);
        // It fails only when a subscriber is installed, and that one is then used.
        let _ = match format {
            LogFormat::Text => lines.try_init(),
            LogFormat::Json => lines.json().try_init(),
        };
        return Ok(());
    };
    exporter.losses().is_of_process();
    let _ = subscriber(format, filter, stderr, exporter).try_init();
    Ok(())
}

/// Writes what became of spans into the recorder of metrics, as absolute numbers.
pub(crate) fn publish() {
    if let Some(losses) = losses::of_process() {
        losses.publish();
    }
}
