use std::{sync::Arc, thread, time::Duration};

use anyhow::Context as _;
use opentelemetry::{KeyValue, trace::TracerProvider as _};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource,
    trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider},
};
use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{Layer, filter::Targets, registry::LookupSpan};

use super::{
    Endpoint,
    answer::Answers,
    losses::{Entrance, Exit, Losses},
};

/// The most spans that wait for the collector; some thousand bytes each.
pub(super) const WAITING: usize = 2048;

/// The most spans in one request.
const BATCH: usize = 512;

/// How long spans wait for others to go with them.
const PAUSE: Duration = Duration::from_secs(1);

/// How long the collector may take for a batch. Nobody waits for it, but what ends meanwhile waits in
/// line.
const LIMIT: Duration = Duration::from_secs(2);

/// How long the end of the process waits for what is still in line.
const END: Duration = Duration::from_secs(3);

/// Sends the spans of a process to a collector.
///
/// A thread of its own does that. Whoever ends a span puts it in line, which never waits; when 2048 wait,
/// the span is dropped and counted.
///
/// # Sharing
///
/// Clones are of the same exporter.
#[derive(Clone, Debug)]
pub struct Exporter {
    provider: SdkTracerProvider,
    losses: Arc<Losses>,
    service: String,
}

impl Exporter {
    /// Begins to send to `endpoint`, for a `service` of this `version`. The collector is not asked
    /// whether it is there.
    ///
    /// # Errors
    ///
    /// The client cannot be set up.
    pub fn start(endpoint: &Endpoint, service: &str, version: &str) -> anyhow::Result<Self> {
        let losses = Losses::new(WAITING);
        // The client is named, because features of other crates would bring one that needs a runtime,
        // which the thread that sends has not: every span would be lost without a word.
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Answers { client: client()?, losses: Arc::clone(&losses) })
            .with_endpoint(endpoint.traces())
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(LIMIT)
            .build()
            .context("cannot set up the export of traces")?;
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(WAITING)
            .with_max_export_batch_size(BATCH)
            .with_scheduled_delay(PAUSE)
            .build();
        let exit = Exit { exporter, losses: Arc::clone(&losses) };
        let queue = BatchSpanProcessor::builder(exit).with_batch_config(batches).build();
        let resource = Resource::builder()
            .with_service_name(service.to_owned())
            .with_attribute(KeyValue::new("service.version", version.to_owned()))
            .build();
        let provider = SdkTracerProvider::builder()
            // Otherwise a caller whose `traceparent` says that it is not traced would not be here either.
            .with_sampler(Sampler::AlwaysOn)
            .with_span_processor(Entrance { queue, losses: Arc::clone(&losses) })
            .with_resource(resource)
            .build();
        Ok(Self { provider, losses, service: service.to_owned() })
    }

    /// What became of the spans.
    pub const fn losses(&self) -> &Arc<Losses> {
        &self.losses
    }

    /// Takes the spans of the services and their layers, and what is logged in them. What libraries
    /// have to say is not asked for: nobody here knows what is in it.
    pub(super) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let own = ["resilience", "kit", &self.service];
        let own = own.map(|target| (target.to_owned(), LevelFilter::INFO));
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer(self.service.clone()))
            // Where in the source and on which thread says little, and is much in each span.
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(Targets::new().with_targets(own))
    }

    /// Sends what is still in line, and ends. Waits for 3 s at most, whatever the collector does, and so
    /// must not be called on a runtime. What is lost on the way is told in a warning.
    pub fn end(&self) {
        let lost_before = self.losses.not_exported();
        // The result says nothing of the last batch, which the SDK throws away.
        let _ = self.provider.shutdown_with_timeout(END);
        let lost = self.losses.waiting() as u64 + self.losses.not_exported() - lost_before;
        if lost > 0 {
            tracing::warn!(lost, "spans did not reach the collector");
        }
    }
}

/// Made on a thread of its own: it brings a runtime, which may not begin inside another.
fn client() -> anyhow::Result<reqwest::blocking::Client> {
    let build = || {
        reqwest::blocking::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(LIMIT)
            .build()
    };
    let made = thread::spawn(build).join().ok().context("the client of the collector panicked")?;
    made.context("cannot set up the client of the collector")
}
