//! Faults that are armed through the admin route.

use kit::testing::{Answer, Running};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

pub(super) const BINARY: &str = env!("CARGO_BIN_EXE_user");

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

    async fn armed(fault: Value) -> Self {
        let service = Self::start(&[("ADMIN_TOKEN", "open")], &[]).await;
        let armed = json!({ "fault": fault, "rate": 1.0, "expires_in": "1m" });
        let answer = service.admin(Method::PUT, "open", Some(&armed)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json()["armed"]["fault"], fault);
        service
    }

    pub(super) async fn send(&self, request: RequestBuilder) -> Answer {
        Answer::read(request.send().await.unwrap()).await
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send(self.client.get(self.running.url(path))).await
    }

    async fn admin(&self, method: Method, token: &str, body: Option<&Value>) -> Answer {
        let request = self.client.request(method, self.running.url("/admin/fault"));
        let request = request.bearer_auth(token);
        self.send(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }
}

#[tokio::test]
async fn without_a_token_there_is_no_admin() {
    let service = Service::start(&[], &[]).await;
    assert_eq!(service.get("/admin/fault").await.reason(), "route_not_found");
    let empty = Service::start(&[("ADMIN_TOKEN", "")], &[]).await;
    assert_eq!(empty.get("/admin/fault").await.reason(), "route_not_found");
}

#[tokio::test]
async fn only_the_token_opens_the_admin() {
    let args = ["--admin-token-env", "MY_TOKEN"];
    let service = Service::start(&[("MY_TOKEN", "mine"), ("ADMIN_TOKEN", "open")], &args).await;
    for token in ["", "open", "min", "mine2"] {
        let answer = service.admin(Method::GET, token, None).await;
        assert_eq!((answer.status.as_u16(), &*answer.reason()), (401, "unauthorized"));
    }
    assert_eq!(service.get("/admin/fault").await.header("www-authenticate"), "Bearer");
    let status = service.admin(Method::GET, "mine", None).await;
    assert_eq!(
        status.json(),
        json!({ "armed": null, "injected": 0, "injected_by_plan": 0, "active": 0 })
    );
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

    let status = service.admin(Method::DELETE, "open", None).await;
    assert_eq!(
        status.json(),
        json!({ "armed": null, "injected": 2, "injected_by_plan": 2, "active": 0 })
    );
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
    let status = service.admin(Method::DELETE, "open", None).await;
    assert_eq!(
        status.json(),
        json!({ "armed": null, "injected": 1, "injected_by_plan": 1, "active": 0 })
    );
    assert!(read().await.unwrap().contains("user_not_found"));
}

#[tokio::test]
async fn a_fault_out_of_range_is_told_its_range() {
    let service = Service::start(&[("ADMIN_TOKEN", "open")], &[]).await;
    let cases = [
        (json!({ "fault": { "abort": {} }, "rate": 2.0, "expires_in": "1m" }), "rate"),
        (json!({ "fault": { "abort": {} }, "rate": -1.0, "expires_in": "1m" }), "rate"),
        (json!({ "fault": { "abort": {} }, "rate": 1.0, "expires_in": "0s" }), "expires_in"),
        (
            json!({ "fault": { "error": { "status": 200 } }, "rate": 1, "expires_in": "1m" }),
            "status",
        ),
        (json!({ "fault": { "abort": {} }, "expires_in": "1m" }), "rate"),
        (
            json!({ "fault": { "abort": {} }, "rate": 1, "expires_in": "1m", "max_active": 0 }),
            "max_active",
        ),
        (
            json!({ "fault": { "abort": {} }, "rate": 1, "expires_in": "1m", "max_injected": 0 }),
            "max_injected",
        ),
        (
            json!({ "fault": { "abort": {} }, "rate": 1, "expires_in": "1m", "max_activ": 1 }),
            "max_activ",
        ),
    ];
    for (body, field) in cases {
        let answer = service.admin(Method::PUT, "open", Some(&body)).await;
        assert_eq!((answer.status.as_u16(), &*answer.reason()), (422, "invalid_fields"));
        assert_eq!(answer.json()["errors"][0]["field"], field, "{}", answer.text);
    }
}

#[tokio::test]
async fn a_fault_hits_no_more_calls_than_it_was_told_to() {
    let service = Service::start(&[("ADMIN_TOKEN", "open")], &[]).await;
    let fault = json!({ "error": { "status": 503 } });
    let bounded = json!({ "fault": fault, "rate": 1.0, "expires_in": "1m",
                          "max_active": 5, "max_injected": 2 });
    let armed = service.admin(Method::PUT, "open", Some(&bounded)).await.json();
    assert_eq!(
        (&armed["armed"]["max_active"], &armed["armed"]["max_injected"]),
        (&json!(5), &json!(2))
    );
    for status in [503, 503, 200] {
        assert_eq!(service.get("/users").await.status.as_u16(), status);
    }
    let status = service.admin(Method::GET, "open", None).await.json();
    let spent = json!({ "armed": null, "injected": 2, "injected_by_plan": 2, "active": 0 });
    assert_eq!(status, spent);
}

#[tokio::test]
async fn the_state_shows_what_is_armed_without_a_token() {
    let service = Service::armed(json!({ "error": { "status": 503 } })).await;
    service.get("/users/7").await;
    let state = service.get("/state").await.json();
    assert_eq!(state["fault"]["armed"]["fault"], json!({ "error": { "status": 503 } }));
    assert_eq!(state["fault"]["injected"], 1);
    service.admin(Method::DELETE, "open", None).await;
    let state = service.get("/state").await.json();
    assert!(state["fault"]["armed"].is_null(), "{state}");
}
