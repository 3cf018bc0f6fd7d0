use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use opentelemetry::Context;
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{BatchSpanProcessor, Span, SpanData, SpanExporter, SpanProcessor},
};

static OF_PROCESS: OnceLock<Arc<Losses>> = OnceLock::new();

/// What became of the spans that ended: how many wait, and how many never reached the collector.
///
/// The batch processor of the SDK tells neither, so both its ends are watched: what goes in is turned
/// away here once so many wait, and what comes out is struck off when its export has ended.
#[derive(Debug)]
pub struct Losses {
    most: usize,
    waiting: AtomicUsize,
    turned_away: AtomicU64,
    not_exported: AtomicU64,
    /// Of the batch that is on its way: how many the collector has answered that it does not take.
    rejected: AtomicU64,
    is_failing: AtomicBool,
}

impl Losses {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            waiting: AtomicUsize::new(0),
            turned_away: AtomicU64::new(0),
            not_exported: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
            is_failing: AtomicBool::new(false),
        })
    }

    /// How many spans wait, or are on their way.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// How many spans were turned away because too many waited.
    pub fn turned_away(&self) -> u64 {
        self.turned_away.load(Ordering::Relaxed)
    }

    /// How many spans the collector was sent in vain: it did not answer, refused them, or answered what no
    /// collector does.
    pub fn not_exported(&self) -> u64 {
        self.not_exported.load(Ordering::Relaxed)
    }

    /// Whether there is room for another, which then waits.
    fn admits(&self) -> bool {
        if self.waiting.fetch_add(1, Ordering::Relaxed) < self.most {
            return true;
        }
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        self.turned_away.fetch_add(1, Ordering::Relaxed);
        false
    }

    /// The collector has answered that it does not take so many of the batch that is on its way.
    pub(super) fn rejected(&self, count: u64) {
        // Batches go one after the other, and each takes what was said of it.
        self.rejected.store(count, Ordering::Relaxed);
    }

    /// So many have been sent, with this result.
    fn sent(&self, count: usize, result: &OTelSdkResult) {
        let rejected = self.rejected.swap(0, Ordering::Relaxed);
        let lost = if result.is_err() { count as u64 } else { rejected.min(count as u64) };
        let failed = lost > 0;
        self.not_exported.fetch_add(lost, Ordering::Relaxed);
        self.waiting.fetch_sub(count, Ordering::Relaxed);
        // Told when it changes: a line for each batch would be a second flood in an outage.
        if failed != self.is_failing.swap(failed, Ordering::Relaxed) {
            if let Err(error) = result {
                tracing::warn!(%error, "the collector takes no spans");
            } else if failed {
                tracing::warn!(lost, "the collector does not take all spans");
            } else {
                tracing::warn!("the collector takes spans again");
            }
        }
    }

    /// Has the metrics of this process tell of it.
    pub(super) fn is_of_process(self: &Arc<Self>) {
        // The first is the one that counts, as with the subscriber.
        let _ = OF_PROCESS.set(Arc::clone(self));
    }

    pub(super) fn publish(&self) {
        let reasons = [("queue_full", self.turned_away()), ("not_exported", self.not_exported())];
        for (reason, count) in reasons {
            metrics::counter!("otlp_spans_dropped_total", "reason" => reason).absolute(count);
        }
    }
}

/// Those of the process, where it exports.
pub(super) fn of_process() -> Option<&'static Arc<Losses>> {
    OF_PROCESS.get()
}

/// The way in: never waits, and turns spans away when there are too many.
#[derive(Debug)]
pub(super) struct Entrance {
    pub(super) queue: BatchSpanProcessor,
    pub(super) losses: Arc<Losses>,
}

impl SpanProcessor for Entrance {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.queue.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        if self.losses.admits() {
            self.queue.on_end(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.queue.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.queue.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.queue.set_resource(resource);
    }
}

/// The way out.
#[derive(Debug)]
pub(super) struct Exit<E> {
    pub(super) exporter: E,
    pub(super) losses: Arc<Losses>,
}

impl<E: SpanExporter> SpanExporter for Exit<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len();
        let result = self.exporter.export(batch).await;
        self.losses.sent(count, &result);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
