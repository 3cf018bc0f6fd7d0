use super::{
    COMMAND_HEADER,
    tests::{FOREIGN, OPERATOR, READER, json_of},
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
    send(flags, request(method, path, token, body)).await
}

async fn send(flags: &Flags, request: Request<Body>) -> Response<Body> {
    let token_of = |text| Token::new(text).unwrap();
    let access = Access::new().operator("ann", token_of(OPERATOR)).reader("bob", token_of(READER));
    router_with_flags(access, flags.clone()).oneshot(request).await.unwrap()
}

fn request(method: &str, path: &str, token: &str, body: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost")
        .header("authorization", format!("Bearer {token}"))
        .header(COMMAND_HEADER, "1")
        .body(Body::from(body.to_owned()))
        .unwrap()
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

#[tokio::test]
async fn a_page_of_another_origin_and_a_foreign_host_neither_read_nor_set_flags() {
    let flags = Flags::new();
    let body =
        json!({ "policy": "p", "plan": { "fault": { "abort": {} }, "rate": 1 } }).to_string();
    for (method, path) in [("GET", "/flags"), ("PUT", "/flags/slow"), ("DELETE", "/flags/slow")] {
        for (header, value, status, reason) in FOREIGN {
            let mut request = request(method, path, OPERATOR, &body);
            match value {
                Some(value) => drop(request.headers_mut().insert(header, value.parse().unwrap())),
                None => drop(request.headers_mut().remove(header)),
            }
            // Whoever only looks sends no command.
            let is_spared = (method, header) == ("GET", COMMAND_HEADER.as_str());
            let expected = if is_spared { (200, Value::Null) } else { (status, json!(reason)) };
            assert_eq!(told(send(&flags, request).await).await, expected, "{method} {header}");
        }
    }
    assert!(flags.states().flags.is_empty(), "none of them has set one");
}
