//! Faults that an operator's flag arms.

use kit::testing::{Answer, Running};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

pub(super) const BINARY: &str = env!("CARGO_BIN_EXE_user");
pub(super) const TOKEN: &str = "a-token-for-tests-alone";

pub(super) struct Service {
    pub(super) running: Running,
    pub(super) client: Client,
    _folder: tempfile::TempDir,
}

impl Service {
    pub(super) async fn start(environment: &[(&str, &str)], args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("user.db");
        let own = ["--listen", "127.0.0.1:0", "--database", database.to_str().unwrap()];
        let running = Running::start(BINARY, &[&own, args].concat(), environment).await;
        Self { running, client: Client::new(), _folder: folder }
    }

    /// One that answers operators.
    pub(super) async fn operated(args: &[&str]) -> Self {
        let own = ["--admin-listen", "127.0.0.1:0"];
        Self::start(&[("ADMIN_TOKEN", TOKEN)], &[&own, args].concat()).await
    }

    async fn armed(fault: Value) -> Self {
        let service = Self::operated(&[]).await;
        service.arm(json!({ "fault": fault, "rate": 1.0, "expires_in": "1m" })).await;
        assert_eq!(service.fault().await["armed"]["fault"], fault);
        service
    }

    async fn arm(&self, plan: Value) {
        let flag = json!({ "policy": "user", "plan": plan });
        let put = self.flags(Method::PUT, "/broken").json(&flag);
        let answer = self.send(put).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json()["flags"][0]["status"], "armed");
    }

    async fn disarm(&self) {
        let answer = self.send(self.flags(Method::DELETE, "/broken")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// What an operator sends to `path` below the flags.
    pub(super) fn flags(&self, method: Method, path: &str) -> RequestBuilder {
        let admin = self.running.ready()["admin"].as_str().unwrap();
        let request = self.client.request(method, format!("http://{admin}/flags{path}"));
        request.bearer_auth(TOKEN).header("x-resilience-command", "1")
    }

    /// What the service tells of its faults to anybody.
    async fn fault(&self) -> Value {
        self.get("/state").await.json()["fault"].clone()
    }

    pub(super) async fn send(&self, request: RequestBuilder) -> Answer {
        Answer::read(request.send().await.unwrap()).await
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send(self.client.get(self.running.url(path))).await
    }
}

#[tokio::test]
async fn an_armed_error_hits_users_and_nothing_else_and_arrivals_are_counted() {
    let service = Service::armed(json!({ "error": { "status": 503 } })).await;
    for path in ["/users/7", "/users"] {
        let hit = service.get(path).await;
        assert_eq!((hit.status.as_u16(), hit.header("x-fault-injected")), (503, "error"));
    }
    for path in ["/health/live", "/health/ready", "/openapi.json"] {
        assert_eq!(service.get(path).await.status, 200, "{path}");
    }
    let metrics = service.get("/metrics").await.text;
    assert!(metrics.contains(r#"user_lookups_total{caller="other"} 1"#), "{metrics}");
    let injected = r#"resilience_faults_injected_total{policy="user",fault="error"} 2"#;
    assert!(metrics.contains(injected), "{metrics}");

    service.disarm().await;
    let told = service.fault().await;
    assert_eq!(told, json!({ "armed": null, "injected": 2, "injected_by_plan": 2, "active": 0 }));
    assert_eq!(service.get("/users/7").await.reason(), "user_not_found");
}

#[tokio::test]
async fn latency_and_abort_are_marked() {
    let service = Service::armed(json!({ "latency": { "delay": "1ms" } })).await;
    let slow = service.get("/users").await;
    assert_eq!((slow.status.as_u16(), slow.header("x-fault-injected")), (200, "latency"));
    let service = Service::armed(json!({ "abort": {} })).await;
    let cut = service.get("/users").await;
    assert_eq!((cut.status.as_u16(), cut.header("x-fault-injected")), (500, "abort"));
}

#[tokio::test]
async fn a_body_that_is_slow_is_whole_and_one_that_is_truncated_is_not() {
    let slow = json!({ "slow_body": { "chunk": 1, "pause": "1ms" } });
    let service = Service::armed(slow).await;
    let answer = service.get("/users/7").await;
    assert_eq!(answer.header("x-fault-injected"), "slow_body");
    assert_eq!(answer.reason(), "user_not_found");

    let service = Service::armed(json!({ "truncated_body": { "after": 10 } })).await;
    let read =
        async || service.client.get(service.running.url("/users/7")).send().await?.text().await;
    read().await.unwrap_err();
    service.disarm().await;
    assert_eq!(service.fault().await["injected"], 1);
    assert!(read().await.unwrap().contains("user_not_found"));
}

#[tokio::test]
async fn a_fault_out_of_range_is_told_its_range_and_arms_nothing() {
    let service = Service::operated(&[]).await;
    let plan = json!({ "fault": { "abort": {} }, "rate": 2.0, "expires_in": "1m" });
    let flag = json!({ "policy": "user", "plan": plan });
    let answer = service.send(service.flags(Method::PUT, "/broken").json(&flag)).await;
    assert_eq!((answer.status.as_u16(), &*answer.reason()), (422, "invalid_settings"));
    assert!(answer.text.contains("rate is 2, but must be"), "{}", answer.text);
    assert_eq!(service.get("/users").await.status, 200);
}

#[tokio::test]
async fn a_fault_hits_no_more_calls_than_it_was_told_to() {
    let service = Service::operated(&[]).await;
    let fault = json!({ "error": { "status": 503 } });
    service
        .arm(json!({ "fault": fault, "rate": 1.0, "expires_in": "1m",
                     "max_active": 5, "max_injected": 2 }))
        .await;
    let armed = service.fault().await["armed"].clone();
    assert_eq!((&armed["max_active"], &armed["max_injected"]), (&json!(5), &json!(2)));
    for status in [503, 503, 200] {
        assert_eq!(service.get("/users").await.status.as_u16(), status);
    }
    let spent = json!({ "armed": null, "injected": 2, "injected_by_plan": 2, "active": 0 });
    assert_eq!(service.fault().await, spent);
}
