use kit::testing::{Collector, Running};
use nix::sys::signal::Signal;
use reqwest::Client;
use serde_json::{Value, json};
use system_tests::Programs;

const TOKEN: &str = "a-token-for-the-test";

#[tokio::test]
async fn a_request_is_one_trace_through_both_services_whatever_is_tried_again() {
    let programs = &Programs::built().plain;
    let folder = tempfile::tempdir().expect("a directory can be made");
    let collector = Collector::start().await;
    let start = async |name: &str, more: &[&str], environment: &[(&str, &str)]| {
        let binary = programs.join(name).to_string_lossy().into_owned();
        let database = folder.path().join(name).to_string_lossy().into_owned();
        let own = ["--listen", "127.0.0.1:0", "--database", &database];
        let own = [&own, &["--otlp-endpoint", &collector.url][..], more].concat();
        Running::start(&binary, &own, environment).await
    };
    let operators = ["--admin-listen", "127.0.0.1:0"];
    let mut user = start("user", &operators, &[("ADMIN_TOKEN", TOKEN)]).await;
    let mut order = start("order", &["--users-url", user.url("").as_str()], &[]).await;

    let client = Client::new();
    let known =
        client.post(user.url("/users")).json(&json!({ "name": "Ann", "email": "ann@example.com" }));
    let known: Value = known.send().await.expect("it answers").json().await.expect("a user");
    // The first attempt is answered with an error, and the next one goes through.
    let flag = json!({ "policy": "user", "plan": {
        "fault": { "error": { "status": 503 } }, "rate": 1.0, "expires_in": "1m",
        "method": "GET", "max_injected": 1,
    } });
    let operators = user.ready()["admin"].as_str().expect("it answers operators").to_owned();
    let armed = client.put(format!("http://{operators}/flags/once")).bearer_auth(TOKEN);
    let armed = armed.header("x-resilience-command", "1").json(&flag);
    assert_eq!(armed.send().await.expect("it answers").status(), 200);
    let tea = json!({ "user_id": known["id"], "item": "tea", "quantity": 2 });
    let placed = client.post(order.url("/orders")).header("idempotency-key", "k1").json(&tea);
    assert_eq!(placed.send().await.expect("it answers").status(), 201);
    for service in [&mut order, &mut user] {
        service.signal(Signal::SIGTERM);
        assert_eq!(service.ended().await.code(), Some(0));
    }

    let spans = collector.spans();
    let of = |service: &str, name: &str| {
        let wanted = |span: &&_| span_is(span, service, name);
        spans.iter().filter(wanted).cloned().collect::<Vec<_>>()
    };
    let [request] = &of("order", "POST /orders")[..] else { panic!("one request: {spans:#?}") };
    let attempts = of("order", "GET");
    let answers = of("user", "GET /users/{id}");
    assert_eq!((attempts.len(), answers.len()), (2, 2), "{spans:#?}");
    assert_eq!(request.parent, "", "nobody has begun this trace before");
    for (attempt, answer) in attempts.iter().zip(&answers) {
        assert_eq!((&attempt.trace, &attempt.parent), (&request.trace, &request.span));
        assert_eq!((&answer.trace, &answer.parent), (&request.trace, &attempt.span));
    }
    assert_eq!(attempts[0].get("resilience.fault"), "error", "{:#?}", attempts[0]);
    assert_eq!(attempts[1].get("resilience.fault"), "");
    assert_eq!(attempts[1].get("http.request.resend_count"), "IntValue(1)");
}

fn span_is(span: &kit::testing::Collected, service: &str, name: &str) -> bool {
    span.get("service.name") == service && span.name == name
}
