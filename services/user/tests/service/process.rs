//! What only a process shows: its start, its end, its counts.

use kit::testing::{Answer, Running, refusal};
use nix::sys::signal::Signal;

use super::ann;

const BINARY: &str = env!("CARGO_BIN_EXE_user");

async fn start(folder: &tempfile::TempDir) -> Running {
    let database = folder.path().join("user.db");
    let args = ["--listen", "127.0.0.1:0", "--database", database.to_str().unwrap()];
    Running::start(BINARY, &args, &[]).await
}

#[tokio::test]
async fn the_ready_line_says_who_listens_where() {
    let folder = tempfile::tempdir().unwrap();
    let service = start(&folder).await;
    assert_eq!(service.ready()["service"], "user");
    assert!(service.ready()["pid"].is_number());
    let live = reqwest::get(service.url("/health/live")).await.unwrap();
    assert_eq!(live.status(), 200);
}

#[tokio::test]
async fn a_user_outlives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let service = start(&folder).await;
    let client = reqwest::Client::new();
    let made = client.post(service.url("/users")).json(&ann()).send().await.unwrap();
    let made = Answer::read(made).await;
    service.kill().await;

    let mut service = start(&folder).await;
    let read = reqwest::get(service.url(made.header("location"))).await.unwrap();
    assert_eq!(Answer::read(read).await.json(), made.json());
    service.signal(Signal::SIGINT);
    assert_eq!(service.ended().await.code(), Some(0));
}

#[tokio::test]
async fn lookups_are_counted_by_caller_and_the_labels_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let service = start(&folder).await;
    let client = reqwest::Client::new();
    for caller in ["order-guarded", "order-guarded", "order-bare", "me", "you"] {
        let request = client.get(service.url("/users/7")).header("x-caller", caller);
        assert_eq!(request.send().await.unwrap().status(), 404);
    }
    // A list is no lookup.
    client.get(service.url("/users")).header("x-caller", "order-bare").send().await.unwrap();
    let metrics = Answer::read(client.get(service.url("/metrics")).send().await.unwrap()).await;
    for line in [
        r#"user_lookups_total{caller="order-guarded"} 2"#,
        r#"user_lookups_total{caller="order-bare"} 1"#,
        r#"user_lookups_total{caller="other"} 2"#,
        r#"http_requests_total{route="/users/{id}",method="GET",status="404"} 5"#,
        r#"http_request_duration_seconds_count{route="/users/{id}",method="GET"} 5"#,
    ] {
        assert!(metrics.text.lines().any(|found| found == line), "{line}\n{}", metrics.text);
    }
}

#[tokio::test]
async fn a_wrong_setting_is_one_line_and_code_2() {
    let cases = [
        ("--listen=here", "warn", "'here'"),
        ("--port=1", "warn", "'--port'"),
        ("--workers=2", "x=y=z", "RUST_LOG"),
        ("--admin-listen=127.0.0.1:0", "warn", "ADMIN_TOKEN"),
    ];
    for (arg, log, named) in cases {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("user.db");
        let environment = [
            ("RUST_LOG", log),
            ("DATABASE", database.to_str().unwrap()),
            ("LISTEN", "127.0.0.1:0"),
        ];
        let (code, told) = refusal(BINARY, &[arg], &environment).await;
        assert_eq!(code, 2, "{told}");
        assert!(told.starts_with("error: ") && told.contains(named), "{told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }
}

#[tokio::test]
async fn an_address_in_use_is_one_line_and_code_1() {
    let folder = tempfile::tempdir().unwrap();
    let service = start(&folder).await;
    let address = service.ready()["listening"].as_str().unwrap();
    let (code, told) = refusal(BINARY, &["--listen", address], &[]).await;
    assert_eq!(code, 1);
    assert!(told.starts_with(&format!("error: cannot listen on {address}: ")), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
}
