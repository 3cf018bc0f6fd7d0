//! A collector of traces.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{Router, body::Bytes, extract::State, routing::post};
use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
    trace::v1::{Span, span::SpanKind, status::StatusCode as SpanStatus},
};
use prost::Message as _;
use tokio::{net::TcpListener, sync::watch, time::timeout};

use crate::serve;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A span that came, with ids as `traceparent` has them.
#[derive(Clone, Debug)]
pub struct Collected {
    /// Its attributes as text, with those of its resource.
    pub attributes: BTreeMap<String, String>,
    /// The messages of what was logged in it.
    pub events: Vec<String>,
    /// Whether it ended as an error.
    pub is_error: bool,
    /// What it is in a call: server or client.
    pub kind: SpanKind,
    /// Its name.
    pub name: String,
    /// The span around it; empty when it has none.
    pub parent: String,
    /// Its own id.
    pub span: String,
    /// Its trace.
    pub trace: String,
}

impl Collected {
    /// An attribute as text; empty when there is none.
    pub fn get(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    /// The header `traceparent` of a request that was sent in it.
    pub fn traceparent(&self) -> String {
        format!("00-{}-{}-01", self.trace, self.span)
    }
}

/// A collector that takes spans over OTLP as a real one would, on a port of its own.
#[derive(Clone, Debug)]
pub struct Collector {
    /// Its address.
    pub url: String,
    spans: Arc<watch::Sender<Vec<Collected>>>,
}

impl Collector {
    /// Starts it.
    ///
    /// # Panics
    ///
    /// There is no port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
        let address = listener.local_addr().expect("it is bound");
        let collector = Self {
            url: format!("http://{address}"),
            spans: Arc::new(watch::Sender::new(Vec::new())),
        };
        let router = Router::new().route("/v1/traces", post(take)).with_state(collector.clone());
        tokio::spawn(async move { serve::accept(&listener, router).await });
        collector
    }

    /// All that have come, in the order in which they ended in their process.
    pub fn spans(&self) -> Vec<Collected> {
        self.spans.borrow().clone()
    }

    /// Waits until `count` spans have come, and tells all.
    ///
    /// # Panics
    ///
    /// They do not come.
    pub async fn wait_for(&self, count: usize) -> Vec<Collected> {
        let mut spans = self.spans.subscribe();
        let come = timeout(PATIENCE, spans.wait_for(|spans| spans.len() >= count)).await;
        let come = come.unwrap_or_else(|_| panic!("{count} spans come: {:#?}", self.spans()));
        come.expect("the sender is kept").clone()
    }
}

async fn take(State(to): State<Collector>, headers: HeaderMap, body: Bytes) -> StatusCode {
    assert_eq!(headers[CONTENT_TYPE], "application/x-protobuf");
    let request = ExportTraceServiceRequest::decode(body).expect("spans are protobuf");
    let mut come = Vec::new();
    for resource in request.resource_spans {
        let of = resource.resource.map(|resource| texts(resource.attributes)).unwrap_or_default();
        let spans = resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
        come.extend(spans.map(|span| read(span, of.clone())));
    }
    to.spans.send_modify(|spans| spans.extend(come));
    StatusCode::OK
}

fn read(span: Span, mut attributes: BTreeMap<String, String>) -> Collected {
    let kind = span.kind();
    let is_error = span.status.is_some_and(|status| status.code() == SpanStatus::Error);
    attributes.extend(texts(span.attributes));
    Collected {
        attributes,
        events: span.events.into_iter().map(|event| event.name).collect(),
        is_error,
        kind,
        name: span.name,
        parent: hex(&span.parent_span_id),
        span: hex(&span.span_id),
        trace: hex(&span.trace_id),
    }
}

fn texts(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    let text = |attribute: KeyValue| {
        let text = match attribute.value?.value? {
            Value::StringValue(text) => text,
            // With its type, so that a number that was sent as text is not taken for one.
            other => format!("{other:?}"),
        };
        Some((attribute.key, text))
    };
    attributes.into_iter().filter_map(text).collect()
}

fn hex(id: &[u8]) -> String {
    id.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}
