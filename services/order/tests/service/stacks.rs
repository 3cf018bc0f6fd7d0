//! How the guarded and the bare stack take a user service that fails.

use std::net::TcpListener;

use super::{
    client::{Orders, tea},
    users::{Mode, Users},
};

#[tokio::test]
async fn a_user_service_that_hangs_is_given_up_in_time() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let orders = Orders::start(&folder, &users, &[]).await;
    users.set(Mode::Hangs);
    let answer = orders.place("k1", &tea()).await;
    assert_eq!((answer.status.as_u16(), &*answer.reason()), (503, "user_service_timeout"));
    assert_eq!((answer.header("retry-after"), answer.header("x-refused-by")), ("1", ""));
    users.set(Mode::Known);
    assert_eq!(orders.place("k1", &tea()).await.status, 201);
}

#[tokio::test]
async fn a_deadline_alone_gives_up_too() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let orders = Orders::start(&folder, &users, &["--without", "timeout"]).await;
    users.set(Mode::Hangs);
    assert_eq!(orders.place("k1", &tea()).await.reason(), "user_service_timeout");
    assert_eq!(users.count(), 1);
}

#[tokio::test]
async fn a_failure_is_tried_again_and_a_circuit_that_opens_asks_nobody() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let orders = Orders::start(&folder, &users, &[]).await;
    users.set(Mode::Fails(500));
    let first = orders.place("k0", &tea()).await;
    assert_eq!(first.reason(), "user_service_unavailable");
    assert_eq!(users.count(), 4, "four attempts");

    // Ten failures in a row open the circuit, in the middle of the third order.
    orders.place("k1", &tea()).await;
    let opened = orders.place("k3", &tea()).await;
    assert_eq!((users.count(), &*opened.reason()), (10, "circuit_open"));
    assert_eq!(opened.header("x-refused-by"), "", "one attempt of it was sent");

    let refused = orders.place("k4", &tea()).await;
    assert_eq!(refused.reason(), "circuit_open");
    assert_eq!((refused.status.as_u16(), refused.header("x-refused-by")), (503, "circuit_open"));
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(users.count(), 10);
    let metrics = orders.get("/metrics").await.text;
    let open = r#"resilience_circuit_breaker_state{policy="users-api",state="open"} 1"#;
    assert!(metrics.contains(open), "{metrics}");
    // The one that was sent in part is a failure like any other.
    let told = r#"http_requests_refused_total{route="/orders",method="POST"} 1"#;
    assert!(metrics.lines().any(|line| line == told), "{metrics}");
}

#[tokio::test]
async fn without_retry_there_is_one_attempt() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let orders = Orders::start(&folder, &users, &["--without", "retry,breaker"]).await;
    users.set(Mode::Fails(500));
    for n in 1..=15 {
        let answer = orders.place(&format!("k{n}"), &tea()).await;
        assert_eq!(answer.reason(), "user_service_unavailable");
        assert_eq!(users.count(), n);
    }
}

#[tokio::test]
async fn an_absent_user_service_is_unavailable_to_either_stack() {
    let folder = tempfile::tempdir().unwrap();
    // The port was free a moment ago, and nobody else asks for this one.
    let absent = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for stack in ["guarded", "bare"] {
        let database = folder.path().join(stack);
        let args = ["--stack", stack];
        let orders = Orders::start_at(&database, &format!("http://{absent}"), &args).await;
        let answer = orders.place("k1", &tea()).await;
        assert_eq!(
            (answer.status.as_u16(), &*answer.reason()),
            (503, "user_service_unavailable"),
            "{stack}"
        );
        assert_eq!((answer.header("retry-after"), answer.header("x-refused-by")), ("1", ""));
        assert_eq!(orders.get("/health/ready").await.status, 200, "its own work it can do");
    }
}
