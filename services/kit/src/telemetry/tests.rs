use std::{
    io::{self, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
};

use axum::{Router, body::Body, middleware, routing::get};
use http::{Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt as _;
use tracing_subscriber::{EnvFilter, util::SubscriberInitExt as _};

use super::{Exporter, LogFormat, in_span, subscriber};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

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

#[test]
fn what_a_collector_that_hangs_does_not_take_waits_in_a_bounded_line_or_is_counted() {
    let (_hangs, exporter) = to_one_that_hangs();
    make_spans(&exporter);
    let losses = exporter.losses();
    let lost = || losses.turned_away() + losses.not_exported();
    assert!(losses.waiting() <= super::exporter::WAITING);
    assert!(losses.turned_away() > 0, "{losses:?}");
    exporter.end();
    assert_eq!(losses.waiting() as u64 + lost(), SPANS as u64, "{losses:?}");
}
