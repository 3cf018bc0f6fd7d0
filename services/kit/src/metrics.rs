//! The numbers of a process, for Prometheus to collect.

use std::{sync::OnceLock, time::Duration};

use anyhow::Context as _;
use axum::{Router, extract::State, response::IntoResponse};
use http::header::CONTENT_TYPE;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use utoipa_axum::{router::OpenApiRouter, routes};

/// The upper ends of the histograms' buckets, in seconds.
///
/// At most twice as far apart as a percentile read from them may be wrong, and with an end at
/// the limits of the demo's policies, 200 ms an attempt and 1 s a request. Without buckets the
/// exporter would render summaries, which cannot be added up across processes.
const BUCKETS: [f64; 22] = [
    0.0005, 0.001, 0.0015, 0.002, 0.003, 0.004, 0.006, 0.008, 0.012, 0.016, 0.025, 0.05, 0.075,
    0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 3.0, 10.0,
];

/// How often samples are sorted into their buckets.
///
/// Between two upkeeps each sample takes memory of its own, also when nobody ever scrapes.
const UPKEEP: Duration = Duration::from_secs(5);

/// Installs the recorder of this process, once.
///
/// Must be called on a runtime, which runs the upkeep.
///
/// # Errors
///
/// Another recorder is installed already.
pub fn install() -> anyhow::Result<PrometheusHandle> {
    static RECORDER: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();
    let recorder = RECORDER.get_or_init(|| {
        PrometheusBuilder::new()
            .set_buckets(&BUCKETS)
            .and_then(PrometheusBuilder::install_recorder)
            .map_err(|error| error.to_string())
    });
    let handle = recorder.clone().map_err(anyhow::Error::msg).context("cannot record metrics")?;
    tokio::spawn(upkeep(handle.clone()));
    Ok(handle)
}

async fn upkeep(handle: PrometheusHandle) {
    let mut ticks = tokio::time::interval(UPKEEP);
    loop {
        ticks.tick().await;
        handle.run_upkeep();
    }
}

/// Writes what the policies count for themselves into the recorder.
///
/// They do not touch it on a call's way; a scrape is when the numbers are wanted.
fn publish() {
    resilience::telemetry::publish();
    crate::telemetry::publish();
}

/// The route `/metrics` alone, for a program that is not put together by [`crate::app`].
///
/// # Errors
///
/// Another recorder is installed already.
pub fn router() -> anyhow::Result<Router> {
    Ok(routes(install()?).into())
}

/// The route `/metrics`.
pub(crate) fn routes(handle: PrometheusHandle) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(scrape)).with_state(handle)
}

/// The numbers of this process
#[utoipa::path(get, path = "/metrics", tag = "health", responses(
    (status = 200, description = "Prometheus text", body = String, content_type = "text/plain"),
))]
async fn scrape(State(handle): State<PrometheusHandle>) -> impl IntoResponse {
    publish();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], handle.render())
}
