use super::{
    COMMAND_HEADER,
    tests::{OPERATOR, READER, json_of},
};
use crate::{
    admin::{Access, Token, router_with_flags},
    fault::{FaultLayer, FaultSwitch},
    flags::{FlagSet, Flags},
    name::Name,
};
use axum::body::Body;
use http::{Request, Response};
use serde_json::{Value, json};
use tower::ServiceExt as _;

async fn ask(flags: &Flags, method: &str, path: &str, token: &str, body: &str) -> Response<Body> {
    let token_of = |text| Token::new(text).unwrap();
    let access = Access::new().operator("ann", token_of(OPERATOR)).reader("bob", token_of(READER));
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost")
        .header("authorization", format!("Bearer {token}"))
        .header(COMMAND_HEADER, "1")
        .body(Body::from(body.to_owned()))
        .unwrap();
    router_with_flags(access, flags.clone()).oneshot(request).await.unwrap()
}

/// The status, and the flag called `slow` or what was wrong.
async fn told(response: Response<Body>) -> (u16, Value) {
    let status = response.status().as_u16();
    let mut body = json_of(response).await;
    if status != 200 {
        return (status, body["reason"].take());
    }
    (status, body.pointer("/flags/0/status").cloned().unwrap_or_default())
}

#[tokio::test(start_paused = true)]
async fn an_operator_sets_a_flag_over_a_source_and_takes_it_back() {
    let (flags, switch) = (Flags::new(), FaultSwitch::new());
    let _ = FaultLayer::new(Name::from_static("admin-flags"), switch.clone());
    let flag = json!({ "policy": "admin-flags", "plan": { "fault": { "stall": {} }, "rate": 1 } });
    let body = flag.to_string();
    let answer = told(ask(&flags, "PUT", "/flags/slow", OPERATOR, &body).await).await;
    assert_eq!(answer, (200, json!("armed")));
    assert!(switch.status().armed.is_some());
    let answer = told(ask(&flags, "GET", "/flags", READER, "").await).await;
    assert_eq!(answer, (200, json!("armed")));
    let gone = ask(&flags, "DELETE", "/flags/slow", OPERATOR, "").await;
    assert_eq!(told(gone).await, (200, Value::Null));
    assert!(switch.status().armed.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_flag_that_is_wrong_or_not_theirs_to_set_is_refused() {
    let flags = Flags::new();
    flags.put(
        "file",
        FlagSet::from_json(
            r#"{ "slow": { "policy": "nobody", "plan": {
        "fault": { "abort": {} }, "rate": 1 } } }"#,
        )
        .unwrap(),
    );
    let abort = r#"{ "policy": "p", "plan": { "fault": { "abort": {} }, "rate": 7 } }"#;
    let right = abort.replace('7', "1");
    for (method, path, token, body, status, reason) in [
        ("PUT", "/flags/slow", READER, &*right, 403, "read_only"),
        ("DELETE", "/flags/slow", READER, "", 403, "read_only"),
        ("GET", "/flags", "0000000000000000", "", 401, "unauthorized"),
        ("PUT", "/flags/slow", OPERATOR, abort, 422, "invalid_settings"),
        ("PUT", "/flags/1st", OPERATOR, &right, 422, "invalid_settings"),
        ("PUT", "/flags/slow", OPERATOR, "{}", 400, "invalid_flag"),
        ("DELETE", "/flags/slow", OPERATOR, "", 404, "flag_not_found"),
    ] {
        let answer = told(ask(&flags, method, path, token, body).await).await;
        assert_eq!(answer, (status, json!(reason)), "{method} {path}");
    }
    let answer = told(ask(&flags, "GET", "/flags", OPERATOR, "").await).await;
    assert_eq!(answer, (200, json!("no_policy")), "nothing has changed");
}
