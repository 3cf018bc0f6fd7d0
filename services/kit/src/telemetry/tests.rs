use std::{
    io::{self, Write},
    net::TcpListener,
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    middleware,
    routing::{get, post},
};
use clap::Parser as _;
use http::{Request, StatusCode};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use prost::Message as _;
use serde_json::Value;
use tower::ServiceExt as _;
use tracing_subscriber::{EnvFilter, util::SubscriberInitExt as _};

use super::{Exporter, LogFormat, Losses, Traces, in_span, subscriber};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where lines are written to.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// A collector that takes connections and never answers, for as long as the first half lives.
fn to_one_that_hangs() -> (TcpListener, Exporter) {
    let hangs = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", hangs.local_addr().unwrap()).parse().unwrap();
    let exporter = Exporter::start(&endpoint, "kit", "1.2.3").unwrap();
    (hangs, exporter)
}

/// What is logged for one request in a trace, and outside of it, where only warnings are wanted and the
/// collector is gone.
async fn lines(format: LogFormat) -> String {
    let (gone, exporter) = to_one_that_hangs();
    drop(gone);
    let lines = Lines::default();
    let writer = lines.clone();
    let filter = EnvFilter::new("warn");
    let subscriber = subscriber(format, filter, move || writer.clone(), &exporter);
    let _subscriber = subscriber.set_default();
    let answer = async || {
        tracing::warn!(seven = 7, "inside");
        StatusCode::NO_CONTENT
    };
    let router = Router::new().route("/", get(answer)).layer(middleware::from_fn(in_span));
    let request = Request::get("/").header("traceparent", format!("00-{TRACE}-{PARENT}-01"));
    let answer = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(answer.status(), 204);
    tracing::warn!("outside");
    lines.text()
}

#[tokio::test]
async fn a_line_of_json_carries_the_ids_of_the_span_it_was_written_in() {
    let text = lines(LogFormat::Json).await;
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [inside, outside] = &lines[..] else { panic!("two lines: {text}") };
    assert_eq!(
        (&inside["fields"]["message"], &inside["trace_id"]),
        (&"inside".into(), &TRACE.into())
    );
    assert_eq!(inside["fields"]["seven"], 7);
    let span = inside["span_id"].as_str().unwrap();
    assert!(span.len() == 16 && span != PARENT, "the id of its own span: {span}");
    assert!(outside["trace_id"].is_null() && outside["span_id"].is_null(), "{outside}");
}

#[tokio::test]
async fn a_line_for_people_carries_them_too() {
    let text = lines(LogFormat::Text).await;
    let [inside, outside] = text.lines().collect::<Vec<_>>()[..] else { panic!("two: {text}") };
    assert!(inside.contains("inside seven=7"), "{inside}");
    assert!(inside.contains(&format!(" trace_id={TRACE} span_id=")), "{inside}");
    assert!(outside.contains("outside") && !outside.contains("trace_id"), "{outside}");
}

const SPANS: usize = 10_000;

fn make_spans(exporter: &Exporter) {
    let subscriber = subscriber(LogFormat::Text, EnvFilter::new("off"), Lines::default, exporter);
    tracing::subscriber::with_default(subscriber, || {
        for _ in 0..SPANS {
            drop(tracing::info_span!("work").entered());
        }
    });
}

#[cfg(feature = "testing")]
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn each_span_is_with_the_collector_or_is_counted() {
    let collector = crate::testing::Collector::start().await;
    let exporter = Exporter::start(&collector.url.parse().unwrap(), "kit", "1.2.3").unwrap();
    let losses = Arc::clone(exporter.losses());
    let work = move || {
        make_spans(&exporter);
        exporter.end();
    };
    tokio::task::spawn_blocking(work).await.unwrap();
    assert_eq!((losses.waiting(), losses.not_exported()), (0, 0), "{losses:?}");
    let spans = collector.spans();
    assert_eq!(spans.len() as u64 + losses.turned_away(), SPANS as u64, "{losses:?}");
    assert_eq!((spans[0].get("service.name"), spans[0].get("service.version")), ("kit", "1.2.3"));
}

/// Ends it, as what must be over after a while: the test waits far longer than an end may take.
fn end(exporter: &Exporter) {
    let (exporter, (ended, has_ended)) = (exporter.clone(), mpsc::channel());
    thread::spawn(move || {
        exporter.end();
        let _ = ended.send(());
    });
    has_ended.recv_timeout(PATIENCE).expect("the end is bounded");
}

#[test]
fn what_a_collector_that_hangs_does_not_take_waits_in_a_bounded_line_or_is_counted() {
    let (_hangs, exporter) = to_one_that_hangs();
    make_spans(&exporter);
    let losses = exporter.losses();
    let lost = || losses.turned_away() + losses.not_exported();
    assert!(losses.waiting() <= super::exporter::WAITING);
    assert!(losses.turned_away() > 0, "{losses:?}");
    end(&exporter);
    assert_eq!(losses.waiting() as u64 + lost(), SPANS as u64, "{losses:?}");
}

/// What is told at the end by an exporter whose collector answers each batch with this.
async fn told_at_the_end(body: Vec<u8>) -> (Arc<Losses>, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let router = Router::new().route("/v1/traces", post(async move || body));
    let server = tokio::spawn(async move { crate::serve::accept(&listener, router).await });
    let exporter = Exporter::start(&endpoint, "kit", "1.2.3").unwrap();
    let (losses, lines) = (Arc::clone(exporter.losses()), Lines::default());
    let writer = lines.clone();
    let work = move || {
        let filter = EnvFilter::new("warn");
        let subscriber = subscriber(LogFormat::Text, filter, move || writer.clone(), &exporter);
        tracing::subscriber::with_default(subscriber, || {
            for _ in 0..10 {
                drop(tracing::info_span!("work").entered());
            }
            exporter.end();
        });
    };
    tokio::task::spawn_blocking(work).await.unwrap();
    server.abort();
    (losses, lines.text())
}

#[tokio::test]
async fn spans_that_a_collector_answers_to_have_rejected_are_counted_and_told() {
    let rejected = ExportTracePartialSuccess { rejected_spans: 1, error_message: String::new() };
    let answer = ExportTraceServiceResponse { partial_success: Some(rejected) };
    let (losses, told) = told_at_the_end(answer.encode_to_vec()).await;
    // One of each batch, and ten spans go in a few of them.
    assert!((1..10).contains(&losses.not_exported()), "{losses:?}");
    assert!(told.contains(&format!("lost={}", losses.not_exported())), "{told}");
}

#[tokio::test]
async fn what_a_server_got_that_is_no_collector_is_counted_and_told() {
    let (losses, told) = told_at_the_end(b"<!doctype html>".to_vec()).await;
    assert_eq!((losses.waiting(), losses.not_exported()), (0, 10), "{losses:?}");
    assert!(told.contains("spans did not reach the collector lost="), "{told}");
}

#[tokio::test]
async fn an_end_at_which_nothing_was_lost_says_nothing() {
    let (losses, told) = told_at_the_end(Vec::new()).await;
    assert_eq!((losses.waiting(), losses.not_exported()), (0, 0), "{losses:?}");
    assert_eq!(told, "");
}

#[test]
fn an_empty_address_is_none_and_a_wrong_one_is_refused() {
    #[derive(clap::Parser, Debug)]
    struct Config {
        #[command(flatten)]
        traces: Traces,
    }
    let parse = |more: &str| {
        let parsed = Config::try_parse_from(["service", more]);
        parsed.map(|config| config.traces.otlp_endpoint.map(|endpoint| endpoint.traces()))
    };
    assert_eq!(parse("--otlp-endpoint=").unwrap(), None);
    let one = parse("--otlp-endpoint=http://collector").unwrap();
    assert_eq!(one.as_deref(), Some("http://collector/v1/traces"));
    assert!(parse("--otlp-endpoint=https://collector").is_err());
}
