//! The spans of a request, as a collector gets them.

use std::{net::TcpListener, time::Duration};

use kit::testing::{Collected, Collector};
use nix::sys::signal::Signal;

use super::{
    client::{Orders, tea},
    users::{Mode, Users},
};

const CALLER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn of_kind<'a>(spans: &'a [Collected], kind: &str) -> Vec<&'a Collected> {
    spans.iter().filter(|span| span.kind.as_str_name() == kind).collect()
}

#[tokio::test]
async fn a_request_and_each_of_its_attempts_are_spans_of_one_trace_which_goes_on() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let collector = Collector::start().await;
    let args = ["--otlp-endpoint", &collector.url];
    let mut orders = Orders::start(&folder, &users, &args).await;
    users.set(Mode::FailsOnce(503));
    let answer = orders.order("k1", &tea()).header("traceparent", CALLER).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    orders.get("/health/ready").await;
    orders.running.signal(Signal::SIGTERM);
    assert_eq!(orders.running.ended().await.code(), Some(0));

    // All that there is comes before the end of the process, and health has no span.
    let spans = collector.spans();
    assert_eq!(spans.len(), 3, "{spans:#?}");
    let servers = of_kind(&spans, "SPAN_KIND_SERVER");
    let request = servers[0];
    assert_eq!(CALLER, format!("00-{}-{}-01", request.trace, request.parent));
    assert_eq!((&*request.name, request.get("http.route")), ("POST /orders", "/orders"));
    assert_eq!(request.get("http.request.method"), "POST");
    assert_eq!(request.get("http.response.status_code"), "IntValue(201)");
    assert_eq!(request.get("service.name"), "order");
    assert_eq!(request.get("service.version"), env!("CARGO_PKG_VERSION"));
    assert!(!request.is_error);

    let attempts = of_kind(&spans, "SPAN_KIND_CLIENT");
    let [first, second] = attempts[..] else { panic!("two attempts: {spans:#?}") };
    for attempt in attempts {
        assert_eq!((&attempt.trace, &attempt.parent), (&request.trace, &request.span));
        assert_eq!((&*attempt.name, attempt.get("server.address")), ("GET", "127.0.0.1"));
        assert!(attempt.get("url.full").starts_with(&format!("{}/users/", users.url)));
        assert_eq!(attempt.get("resilience.policy"), "users-api");
        assert_eq!(attempt.get("resilience.breaker_state"), "closed");
    }
    assert_eq!(first.get("http.response.status_code"), "IntValue(503)");
    assert_eq!((first.is_error, first.get("error.type")), (true, "503"));
    assert_eq!(first.get("http.request.resend_count"), "");
    assert_eq!(second.get("http.response.status_code"), "IntValue(200)");
    assert_eq!((second.is_error, second.get("error.type")), (false, ""));
    assert_eq!(second.get("http.request.resend_count"), "IntValue(1)");
    assert_eq!(second.get("resilience.attempt"), "IntValue(2)");
    assert!(second.get("resilience.backoff_ms").starts_with("DoubleValue("), "{second:?}");
    // Each request that was sent names the span of its own attempt.
    assert_eq!(users.headers("traceparent"), [first.traceparent(), second.traceparent()]);
}

#[tokio::test]
async fn a_call_that_the_breaker_refuses_says_so_in_its_span() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let collector = Collector::start().await;
    let args = ["--otlp-endpoint", &collector.url];
    let mut orders = Orders::start(&folder, &users, &args).await;
    users.set(Mode::Fails(500));
    for key in ["k0", "k1", "k2"] {
        orders.place(key, &tea()).await;
    }
    orders.running.signal(Signal::SIGTERM);
    assert_eq!(orders.running.ended().await.code(), Some(0));
    let spans = collector.spans();
    let attempts = of_kind(&spans, "SPAN_KIND_CLIENT");
    let refused: Vec<_> =
        attempts.iter().filter(|span| !span.get("resilience.rejected").is_empty()).collect();
    assert_eq!((attempts.len() - refused.len(), refused.len()), (10, 1), "{attempts:#?}");
    assert_eq!(refused[0].get("resilience.rejected"), "circuit_open");
    assert_eq!(refused[0].get("resilience.rejected_by"), "users-api");
    assert_eq!(refused[0].get("resilience.breaker_state"), "open");
    assert!(refused[0].is_error);
    assert!(of_kind(&spans, "SPAN_KIND_SERVER").iter().all(|span| span.is_error));
}

#[tokio::test]
async fn the_bare_stack_sends_its_context_too() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let collector = Collector::start().await;
    let args = ["--stack", "bare", "--otlp-endpoint", &collector.url];
    let orders = Orders::start(&folder, &users, &args).await;
    orders.place("k1", &tea()).await;
    let spans = collector.wait_for(2).await;
    let attempt = of_kind(&spans, "SPAN_KIND_CLIENT")[0];
    assert_eq!(users.headers("traceparent"), [attempt.traceparent()]);
}

#[tokio::test]
async fn without_a_collector_no_context_goes_out() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let orders = Orders::start(&folder, &users, &[]).await;
    orders.place("k1", &tea()).await;
    assert_eq!(users.headers("traceparent"), [""]);
    let metrics = orders.get("/metrics").await.text;
    assert!(!metrics.contains("otlp_spans_dropped_total"), "{metrics}");
}

#[tokio::test]
async fn a_collector_that_hangs_or_is_gone_takes_no_call_any_time_and_ends_with_the_process() {
    // One takes connections and never answers, at the other nobody listens.
    let hangs = TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for collector in [hangs.local_addr().unwrap(), gone] {
        let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
        let endpoint = format!("http://{collector}");
        let args = ["--otlp-endpoint", &endpoint];
        let mut orders = Orders::start(&folder, &users, &args).await;
        let told = r#"otlp_spans_dropped_total{reason="not_exported"}"#;
        let mut key = 0;
        // Until a batch was sent in vain, calls go on.
        let counted = async {
            loop {
                key += 1;
                assert_eq!(orders.place(&format!("k{key}"), &tea()).await.status, 201);
                let metrics = orders.get("/metrics").await.text;
                let line = metrics.lines().find(|line| line.starts_with(told));
                let line = line.unwrap_or_else(|| panic!("no {told} in {metrics}"));
                if !line.ends_with(" 0") {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(super::users::PATIENCE, counted).await.expect("spans are counted");
        orders.running.signal(Signal::SIGTERM);
        assert_eq!(orders.running.ended().await.code(), Some(0));
    }
}

#[tokio::test]
async fn a_wrong_address_of_a_collector_is_one_line_and_code_2() {
    let args = ["--otlp-endpoint", "https://collector"];
    let (code, told) = kit::testing::refusal(super::client::BINARY, &args, &[]).await;
    assert_eq!((code, told.lines().count()), (2, 1), "{told}");
    assert!(told.contains("expected an address such as http://127.0.0.1:4318"), "{told}");
}
