//! What the service says of itself.

use serde_json::json;

use super::{
    client::{BINARY, Orders, tea},
    users::{Mode, Users},
};

#[tokio::test]
async fn the_state_tells_why_the_circuit_is_open_and_what_is_left_in_the_budget() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let orders = Orders::start(&folder, &users, &[]).await;
    let state = orders.get("/state").await.json();
    assert_eq!((&state["service"], &state["variant"]), (&json!("order"), &json!("guarded")));
    assert_eq!(state["limits"]["attempts"], 4);
    assert_eq!(state["policies"][0]["state"], "closed");
    assert_eq!(state["policies"][0]["transitions"], json!([]));
    let before = state["policies"][1]["tokens"].as_u64().unwrap();

    users.set(Mode::Fails(500));
    for n in 0..3 {
        orders.place(&format!("k{n}"), &tea()).await;
    }
    let state = orders.get("/state").await.json();
    let breaker = &state["policies"][0];
    assert_eq!(
        (&breaker["kind"], &breaker["policy"]),
        (&json!("circuit_breaker"), &json!("users-api"))
    );
    let opened = breaker["transitions"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&opened["to"], &opened["reason"]),
        (&json!("open"), &json!("consecutive_failures"))
    );
    assert!(state["policies"][1]["tokens"].as_u64().unwrap() < before, "{state}");
}

#[tokio::test]
async fn the_bare_stack_has_no_policies_to_show() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let orders = Orders::start(&folder, &users, &["--stack", "bare"]).await;
    let state = orders.get("/state").await.json();
    assert_eq!((&state["variant"], &state["policies"]), (&json!("bare"), &json!([])));
    assert!(state["limits"].is_null() && state["fault"].is_null());
    assert_eq!(state["pid"], orders.running.ready()["pid"]);
}

#[tokio::test]
async fn attempts_are_counted_where_they_meet_the_network() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let orders = Orders::start(&folder, &users, &[]).await;
    orders.place("k1", &tea()).await;
    users.set(Mode::Fails(503));
    orders.place("k2", &tea()).await;
    users.set(Mode::Hangs);
    orders.place("k3", &tea()).await;
    let metrics = orders.get("/metrics").await.text;
    for line in [
        r#"http_client_requests_total{peer="user",status="200"} 1"#,
        r#"http_client_requests_total{peer="user",status="503"} 4"#,
        r#"http_client_requests_total{peer="user",status="given_up"} 4"#,
        r#"http_client_request_duration_seconds_count{peer="user"} 9"#,
    ] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
}

#[tokio::test]
async fn the_program_asks_a_service_that_runs_whether_it_is_ready() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let orders = Orders::start(&folder, &users, &[]).await;
    let address = orders.running.ready()["listening"].as_str().unwrap().to_owned();
    let check = |address: String| async move {
        let mut command = tokio::process::Command::new(BINARY);
        command.env_clear().args(["--check-health", "--listen", &address]);
        command.output().await.unwrap()
    };
    assert_eq!(check(address.clone()).await.status.code(), Some(0));
    orders.running.kill().await;
    let refused = check(address.clone()).await;
    assert_eq!(refused.status.code(), Some(1));
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains(&address) && told.lines().count() == 1, "{told}");
}
