//! What an operator sees of a running service, and changes in it.

use kit::testing::{Answer, refusal};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::{
    client::{BINARY, Orders, tea},
    users::{Mode, Users},
};

const TOKEN: &str = "a token for tests alone";

/// An operator of a service that runs.
struct Operator {
    orders: Orders,
    token: String,
    _folder: tempfile::TempDir,
}

impl Operator {
    async fn start(users: &Users) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let token = TOKEN.replace(' ', "-");
        let file = folder.path().join("token");
        std::fs::write(&file, format!("{token}\n")).unwrap();
        let args = ["--admin-listen", "127.0.0.1:0", "--admin-token-file", file.to_str().unwrap()];
        let orders = Orders::start(&folder, users, &args).await;
        Self { orders, token, _folder: folder }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.orders.running.ready()["admin"].as_str().unwrap())
    }

    async fn ask(&self, request: RequestBuilder) -> Answer {
        Answer::read(request.bearer_auth(&self.token).send().await.unwrap()).await
    }

    /// The only policy of `kind`.
    async fn policy(&self, kind: &str) -> Value {
        let url = self.url(&format!("/policies?kind={kind}"));
        let page = self.ask(self.orders.client.get(url)).await.json();
        assert_eq!(page["total"], 1, "{page}");
        page["policies"][0].clone()
    }

    async fn tell(&self, kind: &str, command: &Value) -> Answer {
        let id = self.policy(kind).await["id"].as_u64().unwrap();
        let post = self.orders.client.post(self.url(&format!("/policies/{id}")));
        self.ask(post.header("x-resilience-command", "1").json(command)).await
    }
}

#[tokio::test]
async fn an_operator_opens_a_breaker_and_closes_it_and_calls_follow() {
    let users = Users::start().await;
    let operator = Operator::start(&users).await;
    assert_eq!(operator.orders.place("k1", &tea()).await.status, 201);

    assert_eq!(
        operator.tell("circuit_breaker", &json!({ "command": "force_open" })).await.status,
        200
    );
    let refused = operator.orders.place("k2", &tea()).await;
    assert_eq!((refused.status.as_u16(), users.callers().len()), (503, 1), "nobody was asked");
    let metrics = operator.orders.get("/metrics").await.text;
    let state = r#"resilience_circuit_breaker_state{policy="users-api",state="forced_open"} 1"#;
    assert!(metrics.contains(state), "{metrics}");

    assert_eq!(operator.tell("circuit_breaker", &json!({ "command": "close" })).await.status, 200);
    assert_eq!(operator.orders.place("k2", &tea()).await.status, 201);
}

#[tokio::test]
async fn a_lower_threshold_a_shorter_limit_and_fewer_attempts_hold_at_once() {
    let users = Users::start().await;
    let operator = Operator::start(&users).await;
    let command = json!({ "command": "set_max_attempts", "attempts": 1 });
    assert_eq!(operator.tell("retry", &command).await.status, 200);
    users.set(Mode::Fails(500));
    assert_eq!(operator.orders.place("k1", &tea()).await.status, 503);
    assert_eq!(users.callers().len(), 1, "one attempt");
    let command = json!({ "command": "set_consecutive_failures", "failures": 1 });
    let done = operator.tell("circuit_breaker", &command).await.json();
    assert_eq!(done["policy"]["state"], "open", "the failure before was enough");

    operator.tell("circuit_breaker", &json!({ "command": "disable" })).await;
    users.set(Mode::Hangs);
    let timed_out = async || {
        let metrics = operator.orders.get("/metrics").await.text;
        let counter = "resilience_timeout_calls_total{policy=\"users-api\",outcome=\"timed_out\"} ";
        let line = metrics.lines().find_map(|line| line.strip_prefix(counter));
        line.expect("it is published").to_owned()
    };
    let command = json!({ "command": "set_limit", "limit": "1h" });
    assert_eq!(operator.tell("timeout", &command).await.status, 200);
    assert!(operator.orders.place("k2", &tea()).await.status.is_server_error());
    assert_eq!(timed_out().await, "0", "the deadline ended it");
    operator.tell("timeout", &json!({ "command": "clear_limit" })).await;
    assert!(operator.orders.place("k3", &tea()).await.status.is_server_error());
    assert_eq!(timed_out().await, "1", "the limit of the layer did");
}

#[tokio::test]
async fn nobody_without_the_token_gets_in_and_services_without_the_port_have_none() {
    let users = Users::start().await;
    let operator = Operator::start(&users).await;
    let url = operator.url("/policies");
    assert_eq!(operator.orders.client.get(&url).send().await.unwrap().status(), 401);
    let wrong = operator.orders.client.get(&url).bearer_auth("a-token-for-tests-alonE");
    assert_eq!(wrong.send().await.unwrap().status(), 401);
    let foreign = operator.orders.client.get(&url).header("host", "evil.example");
    assert_eq!(operator.ask(foreign).await.status, 421);
    let long = operator.orders.client.get(&url).header("x-long", "x".repeat(300_000));
    let answer = long.bearer_auth(&operator.token).send().await;
    // The connection may be closed before all of it was sent.
    assert!(answer.is_err() || answer.is_ok_and(|it| it.status() == 431), "it has about 64 KiB");

    let folder = tempfile::tempdir().unwrap();
    let plain = Orders::start(&folder, &users, &[]).await;
    assert!(plain.running.ready().get("admin").is_none());
}

#[tokio::test]
async fn a_token_that_cannot_be_used_stops_the_start_and_is_not_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "short").unwrap();
    let database = folder.path().join("order.db");
    let path = file.to_str().unwrap();
    let own = ["--listen", "127.0.0.1:0", "--database", database.to_str().unwrap()];
    let admin = ["--admin-listen", "127.0.0.1:0", "--admin-token-file", path];
    let (code, told) = refusal(BINARY, &[own, admin].concat(), &[]).await;
    assert_eq!(code, 2);
    let expected = format!("--admin-token-file is {path}: token has 5 characters");
    assert!(told.contains(&expected) && !told.contains("short"), "{told}");

    let (code, told) = refusal(BINARY, &[&own[..], &admin[2..]].concat(), &[]).await;
    assert_eq!(code, 2, "a file without a port: {told}");
}
