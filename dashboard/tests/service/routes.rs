//! What is answered, and under which rules.

use reqwest::Response;
use serde_json::Value;

use super::{nowhere, start};

async fn text_of(response: Response) -> String {
    assert_eq!(response.status(), 200, "{}", response.url());
    response.text().await.expect("an answer is read to its end")
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().expect("headers are ASCII"))
}

#[tokio::test]
async fn the_page_says_something_before_and_without_its_script() {
    let dashboard = start(&nowhere().await).await;
    // The first event is there once the first round is over.
    reqwest::get(dashboard.url("/events")).await.unwrap().chunk().await.unwrap();
    let page = text_of(reqwest::get(dashboard.url("/")).await.unwrap()).await;
    assert!(page.contains("Gone is down.") && page.contains("nobody listens there"), "{page}");
    assert!(page.contains("http-equiv=\"refresh\""), "{page}");
}

#[tokio::test]
async fn everything_the_page_loads_is_there_and_may_be_kept() {
    let dashboard = start(&nowhere().await).await;
    let page = text_of(reqwest::get(dashboard.url("/")).await.unwrap()).await;
    let loads: Vec<_> =
        page.split('"').filter(|part| part.starts_with("/assets/")).map(str::to_owned).collect();
    assert_eq!(loads.len(), 3, "{loads:?}");
    for path in &loads {
        let answer = reqwest::get(dashboard.url(path)).await.unwrap();
        assert!(header(&answer, "cache-control").contains("immutable"), "{path}");
        assert!(!text_of(answer).await.is_empty());
    }
    for missing in ["/assets/other/style.css", "/assets/style.css", "/favicon.ico"] {
        assert_eq!(reqwest::get(dashboard.url(missing)).await.unwrap().status(), 404, "{missing}");
    }
}

#[tokio::test]
async fn every_answer_allows_nothing_that_is_not_from_here() {
    let dashboard = start(&nowhere().await).await;
    for path in ["/", "/events", "/state", "/health/live", "/health/ready", "/nothing"] {
        let answer = reqwest::get(dashboard.url(path)).await.unwrap();
        let policy = header(&answer, "content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header(&answer, "access-control-allow-origin"), "", "{path}");
        if path != "/events" {
            assert_eq!(header(&answer, "cache-control"), "no-store", "{path}");
        }
    }
}

#[tokio::test]
async fn the_stream_is_one_of_events_in_order() {
    let dashboard = start(&nowhere().await).await;
    let mut stream = reqwest::get(dashboard.url("/events")).await.unwrap();
    assert_eq!(header(&stream, "content-type"), "text/event-stream");
    let mut read = String::new();
    while read.matches("\n\n").count() < 3 {
        read.push_str(str::from_utf8(&stream.chunk().await.unwrap().unwrap()).unwrap());
    }
    let mut last = 0;
    for event in read.split_terminator("\n\n").take(3) {
        let id = event.lines().find_map(|line| line.strip_prefix("id: ")).unwrap();
        let id: u64 = id.parse().unwrap();
        assert!(id > last, "{read}");
        last = id;
        let data = event.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
        let data: Value = serde_json::from_str(data).unwrap();
        assert!(data["regions"].is_object() && data["build"].is_string(), "{data}");
    }
}
