//! What only a process shows: its start, its end, its counts.

use kit::testing::{Answer, refusal};
use nix::sys::signal::Signal;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{
    client::{BINARY, Orders, tea},
    users::{Mode, PATIENCE, Users},
};

#[tokio::test]
async fn the_ready_line_tells_the_stack_and_its_limits() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let guarded = Orders::start(&folder, &users, &["--without", "breaker"]).await;
    let ready = guarded.running.ready();
    assert_eq!((&ready["service"], &ready["stack"]), (&json!("order"), &json!("guarded")));
    assert_eq!(ready["limits"]["attempt_timeout"], "200ms");
    assert_eq!(ready["limits"]["deadline"], "1s");
    assert!(ready["limits"]["breaker_open_for"].is_null());

    let bare = Orders::start(&folder, &users, &["--stack", "bare"]).await;
    assert_eq!(bare.running.ready()["stack"], "bare");
    assert!(bare.running.ready()["limits"].is_null());
    bare.place("k1", &tea()).await;
    assert_eq!(users.callers(), ["order-bare"]);
}

#[tokio::test]
async fn an_accepted_request_is_answered_after_the_signal() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
        let mut orders = Orders::start(&folder, &users, &["--stack", "bare"]).await;
        users.set(Mode::Hangs);
        let accepted = tokio::spawn(orders.order("k1", &tea()).send());
        users.arrived(1).await;
        orders.running.signal(signal);
        let address = orders.running.ready()["listening"].as_str().unwrap().to_owned();
        let refuses = async {
            while TcpStream::connect(&address).await.is_ok() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, refuses).await.expect("it takes no more connections");
        users.set(Mode::Known);
        let answer = Answer::read(accepted.await.unwrap().unwrap()).await;
        assert_eq!(answer.status, 201);
        assert_eq!(orders.running.ended().await.code(), Some(0));

        let orders = Orders::start(&folder, &users, &[]).await;
        assert_eq!(orders.all().await, [answer.json()]);
    }
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_the_end_up() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let mut orders = Orders::start(&folder, &users, &[]).await;
    // The client keeps this connection for its next request.
    orders.get("/health/live").await;
    let address = orders.running.ready()["listening"].as_str().unwrap().to_owned();
    let _silent = TcpStream::connect(&address).await.unwrap();
    orders.running.signal(Signal::SIGTERM);
    assert_eq!(orders.running.ended().await.code(), Some(0));
}

/// Opens a connection and sends `begun`.
async fn begin(orders: &Orders, begun: &str) -> TcpStream {
    let address = orders.running.ready()["listening"].as_str().unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(begun.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn half_a_header_does_not_hold_up_the_end() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let mut orders = Orders::start(&folder, &users, &[]).await;
    let mut half = begin(&orders, "GET /health/live HTTP/1.1\r\nhost: a").await;
    // The answer on a connection that came later: the half header has long been read.
    orders.get("/health/live").await;
    orders.running.signal(Signal::SIGTERM);
    assert_eq!(orders.running.ended().await.code(), Some(0));
    let mut read = Vec::new();
    // A reset is as good an end as any other.
    drop(half.read_to_end(&mut read).await);
    assert_eq!(read, b"", "what was not asked is not answered");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_told_so_also_after_the_signal() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let mut orders = Orders::start(&folder, &users, &[]).await;
    let stalled = "POST /orders HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\n\
                   content-type: application/json\r\ncontent-length: 9\r\n\r\n";
    let mut stalled = begin(&orders, stalled).await;
    let mut read = String::new();
    // The service asks for the body once the request is accepted.
    let mut asked = [0; 25];
    stalled.read_exact(&mut asked).await.unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    stalled.write_all(b"{").await.unwrap();
    orders.running.signal(Signal::SIGTERM);
    stalled.read_to_string(&mut read).await.unwrap();
    assert!(read.starts_with("HTTP/1.1 408 ") && read.contains("body_too_slow"), "{read}");
    assert_eq!(orders.running.ended().await.code(), Some(0));
}

#[tokio::test]
async fn a_wrong_setting_is_one_line_and_code_2() {
    let cases: [(&[&str], &str); 5] = [
        (&["--stack", "armoured"], "'armoured'"),
        (&["--without", "retries"], "'retries'"),
        (&["--stack", "bare", "--without", "retry"], "--without"),
        (&["--users-url", "https://users"], "'https://users'"),
        (&["--workers", "0"], "'0'"),
    ];
    for (args, named) in cases {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("order.db");
        let environment = [("DATABASE", database.to_str().unwrap()), ("LISTEN", "127.0.0.1:0")];
        let (code, told) = refusal(BINARY, args, &environment).await;
        assert_eq!(code, 2, "{told}");
        assert!(told.starts_with("error: ") && told.contains(named), "{told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }
}

#[tokio::test]
async fn what_cannot_be_opened_is_one_line_and_code_1() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let orders = Orders::start(&folder, &users, &[]).await;
    let address = orders.running.ready()["listening"].as_str().unwrap();
    let (code, told) = refusal(BINARY, &["--listen", address], &[]).await;
    assert_eq!((code, told.lines().count()), (1, 1), "{told}");
    assert!(told.starts_with(&format!("error: cannot listen on {address}: ")), "{told}");

    let missing = folder.path().join("missing").join("order.db");
    let args = ["--listen", "127.0.0.1:0", "--database", missing.to_str().unwrap()];
    let (code, told) = refusal(BINARY, &args, &[]).await;
    assert_eq!((code, told.lines().count()), (1, 1), "{told}");
    assert!(told.starts_with("error: cannot open the database "), "{told}");
}

#[tokio::test]
async fn requests_and_policies_are_counted() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let orders = Orders::start(&folder, &users, &[]).await;
    orders.place("k1", &tea()).await;
    orders.get("/orders/7").await;
    orders.get("/nowhere/1").await;
    let metrics = orders.get("/metrics").await.text;
    for line in [
        r#"http_requests_total{route="/orders",method="POST",status="201"} 1"#,
        r#"http_requests_total{route="/orders/{id}",method="GET",status="404"} 1"#,
        r#"http_requests_total{route="unmatched",method="GET",status="404"} 1"#,
        r#"http_request_duration_seconds_bucket{route="/orders",method="POST",le="+Inf"} 1"#,
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line}\n{metrics}");
    }
    assert!(
        metrics.contains(r#"resilience_circuit_breaker_state{policy="users-api""#),
        "{metrics}"
    );
}
