//! Faults that feature flags arm: from a file, from the environment, by an operator.

use std::{fs, time::Duration};

use kit::{flags::FaultKey, testing::refusal};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::faults::{BINARY, Service, TOKEN};

/// Refuses every request with `status`.
fn broken(status: u16) -> String {
    format!(
        "[broken]\npolicy = \"user\"\nplan = {{ fault = {{ error = {{ status = {status} }} }}, rate = 1 }}\n"
    )
}

/// The status of the answers, as soon as it is one of `expected`.
async fn answered(service: &Service, expected: u16) {
    let begun = Instant::now();
    loop {
        let status = service.get("/users").await.status.as_u16();
        if status == expected {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{status}, but not {expected}");
        sleep(Duration::from_millis(20)).await;
    }
}

async fn flags(service: &Service) -> Value {
    service.send(service.flags(Method::GET, "")).await.json()
}

#[tokio::test]
async fn a_file_is_followed_while_it_is_edited_and_its_mistakes_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("faults.toml");
    let file = path.to_str().unwrap();
    fs::write(&path, broken(503)).unwrap();
    let service = Service::operated(&["--fault-flags", file]).await;
    answered(&service, 503).await;

    fs::write(&path, broken(500)).unwrap();
    answered(&service, 500).await;
    fs::write(&path, broken(200)).unwrap();
    let begun = Instant::now();
    let told = loop {
        let told = flags(&service).await;
        if !told["sources"][1]["mistake"].is_null() {
            break told;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{told}");
        sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(told["sources"][1]["mistake"], "broken: status is 200, but must be 400 to 599");
    assert_eq!(
        (&told["flags"][0]["status"], service.get("/users").await.status.as_u16()),
        (&json!("armed"), 500)
    );

    fs::write(&path, "").unwrap();
    answered(&service, 200).await;
}

#[tokio::test]
async fn the_environment_has_flags_and_an_operator_overrules_them() {
    let flag =
        json!({ "policy": "user", "plan": { "fault": { "error": { "status": 502 } }, "rate": 1 } });
    let variable = json!({ "broken": flag }).to_string();
    let environment = [("ADMIN_TOKEN", TOKEN), ("FAULT_FLAGS", &*variable)];
    let service = Service::start(&environment, &["--admin-listen", "127.0.0.1:0"]).await;
    answered(&service, 502).await;

    let mut off = flag;
    off["enabled"] = false.into();
    let put = service.flags(Method::PUT, "/broken");
    assert_eq!(service.send(put.json(&off)).await.status, 200);
    assert_eq!(service.get("/users").await.status, 200);
    let told = flags(&service).await;
    let stands: Vec<_> = told["flags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|flag| (&flag["source"], &flag["status"]))
        .collect();
    assert_eq!(
        stands,
        [(&json!("admin"), &json!("off")), (&json!("variable FAULT_FLAGS"), &json!("overruled"))]
    );
}

#[tokio::test]
async fn a_flag_that_expires_ends_by_itself_and_tells_so() {
    let service = Service::operated(&[]).await;
    let flag = json!({ "policy": "user", "plan": {
        "fault": { "error": { "status": 503 } }, "rate": 1, "expires_in": "1s" } });
    let put = service.flags(Method::PUT, "/brief");
    assert_eq!(service.send(put.json(&flag)).await.json()["flags"][0]["status"], "armed");
    answered(&service, 200).await;
    assert_eq!(flags(&service).await["flags"][0]["status"], "ended");
}

#[tokio::test]
async fn a_service_does_not_begin_with_flags_that_are_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("faults.json");
    fs::write(&path, r#"{ "a": { "policy": "user" }, "b": 5 }"#).unwrap();
    let args = ["--listen", "127.0.0.1:0", "--fault-flags", path.to_str().unwrap()];
    let (code, told) = refusal(BINARY, &args, &[]).await;
    assert_eq!(code, 2, "{told}");
    assert!(told.contains("a: missing field `plan`; b: invalid type: integer `5`"), "{told}");
}

#[tokio::test]
async fn a_signed_header_breaks_its_own_request_and_another_is_refused() {
    const KEY: &str = "a key for tests alone";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    fs::write(&path, format!("{KEY}\n")).unwrap();
    let service = Service::start(&[], &["--fault-key-file", path.to_str().unwrap()]).await;
    let expires = |seconds: u64| {
        #[expect(clippy::disallowed_methods, reason = "the service compares with this clock")]
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        now.as_secs() + 60 - seconds
    };
    let plan = |expires: u64| {
        json!({ "run": "r1", "policy": "user", "expires": expires,
                "plan": { "fault": { "error": { "status": 503 } }, "rate": 1 } })
        .to_string()
    };
    let ask = async |plan: &str, key: &str| {
        let signature = FaultKey::new(key).unwrap().sign(plan);
        let get = service.client.get(service.running.url("/users"));
        service.send(get.header("x-fault-plan", plan).header("x-fault-signature", signature)).await
    };
    let good = plan(expires(0));
    let broken = ask(&good, KEY).await;
    assert_eq!((broken.status.as_u16(), broken.header("x-fault-injected")), (503, "error"));
    assert_eq!(service.get("/users").await.status, 200, "another request is left alone");

    for (plan, key, status, reason) in [
        (&*good, "another key, as long", 403, "fault_header_forged"),
        (&plan(expires(61)), KEY, 403, "fault_header_expired"),
        (r#"{"run":"r1"}"#, KEY, 400, "fault_header_invalid"),
        (&"x".repeat(2_049), KEY, 431, "fault_header_too_long"),
    ] {
        let refused = ask(plan, key).await;
        assert_eq!((refused.status.as_u16(), &*refused.reason()), (status, reason));
    }

    fs::write(&path, "short").unwrap();
    let args = ["--listen", "127.0.0.1:0", "--fault-key-file", path.to_str().unwrap()];
    let (code, told) = refusal(BINARY, &args, &[]).await;
    assert_eq!(code, 2, "{told}");
    assert!(told.contains("a key has 5 bytes, but must have at least 16"), "{told}");
}
