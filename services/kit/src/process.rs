//! From `main` to an exit code.

use std::{future::Future, io::Write as _, process::ExitCode};

use anyhow::Context as _;

use crate::{
    config::{self, Process, Service, Usage},
    probe,
    telemetry::{self, Exporter, Traces},
};

/// The exit code of a process that was started with a wrong flag or setting.
const WRONG_USAGE: u8 = 2;

/// A setting that no single flag can be blamed for.
///
/// A service returns it from its start to end the process with code 2 instead of 1.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadConfig(pub String);

/// Runs a service: reads its configuration, starts the runtime and awaits `service`.
///
/// The process ends with 0 when the service ran and was stopped, with 2 when its
/// configuration is wrong, and with 1 when anything else went wrong. What went wrong is one
/// line on standard error.
///
/// With `--check-health` nothing is served: a service that runs already is asked.
pub fn run<C, S, F>(service: S) -> ExitCode
where
    C: Service,
    S: FnOnce(C) -> F,
    F: Future<Output = anyhow::Result<()>>,
{
    let config = match config::parse::<C>(std::env::args_os()) {
        Ok(config) => config,
        Err(Usage::Asked(text)) => {
            // Nobody is left to tell when the reader of the help has gone away.
            let _ = std::io::stdout().write_all(text.as_bytes());
            return ExitCode::SUCCESS;
        }
        Err(Usage::Wrong(line)) => {
            tell(&line);
            return ExitCode::from(WRONG_USAGE);
        }
    };
    let process = config.process();
    let ended = if process.check_health {
        start(process, None, probe::ready(config.address()))
    } else {
        exporter::<C>(&config.traces())
            .and_then(|exporter| start(process, exporter, service(config)))
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("error: {error:#}"));
            let wrong_usage = error.downcast_ref::<BadConfig>().is_some();
            if wrong_usage { ExitCode::from(WRONG_USAGE) } else { ExitCode::FAILURE }
        }
    }
}

fn exporter<C: Service>(traces: &Traces) -> anyhow::Result<Option<Exporter>> {
    let Some(endpoint) = &traces.otlp_endpoint else { return Ok(None) };
    let command = C::command();
    let version = command.get_version().unwrap_or_default();
    Exporter::start(endpoint, command.get_name(), version).map(Some)
}

fn start(
    process: Process,
    exporter: Option<Exporter>,
    service: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<()> {
    telemetry::init(process.log, exporter.as_ref())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(process.workers.into())
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let ended = runtime.block_on(service);
    if let Some(exporter) = exporter {
        // Tasks that are dropped with it end their spans, and those are to be sent as well.
        drop(runtime);
        exporter.end();
    }
    ended
}

fn tell(line: &str) {
    // A closed standard error must not turn an orderly end into a panic.
    let _ = writeln!(std::io::stderr(), "{line}");
}
