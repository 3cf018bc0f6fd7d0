use std::time::Duration;

use axum::{Router, body::Body};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{Access, COMMAND_HEADER, Token, router};
use crate::{
    circuit_breaker::{CircuitBreakerHandle, Config, State},
    event::log::ALONE,
    name::Name,
    wire::InstancesState,
};

pub(super) const OPERATOR: &str = "0123456789abcdef";
pub(super) const READER: &str = "fedcba9876543210";

/// What is no request of an operator to this process: a header, what it is set to or that it is not
/// there, and how that is refused.
#[cfg(any(feature = "flags", feature = "settings"))]
pub(super) const FOREIGN: [(&str, Option<&str>, u16, &str); 7] = [
    ("host", Some("evil.example"), 421, "foreign_host"),
    ("host", Some("localhost.evil.example:9900"), 421, "foreign_host"),
    ("host", None, 421, "foreign_host"),
    ("origin", Some("http://evil.example"), 403, "foreign_origin"),
    ("origin", Some("null"), 403, "foreign_origin"),
    ("authorization", None, 401, "unauthorized"),
    ("x-resilience-command", None, 403, "no_command_header"),
];

fn admin() -> Router {
    let token = |text| Token::new(text).unwrap();
    router(Access::new().operator("ann", token(OPERATOR)).reader("grafana", token(READER)))
}

pub(super) fn get(path: &str) -> http::request::Builder {
    let bearer = format!("Bearer {OPERATOR}");
    Request::get(path).header("host", "localhost:9900").header("authorization", bearer)
}

fn post(id: u64, command: &Value) -> Request<Body> {
    let bearer = format!("Bearer {OPERATOR}");
    Request::post(format!("/policies/{id}"))
        .header("host", "127.0.0.1:9900")
        .header("authorization", bearer)
        .header(COMMAND_HEADER, "1")
        .body(Body::from(command.to_string()))
        .unwrap()
}

pub(super) async fn ask(request: Request<Body>) -> Response<Body> {
    admin().oneshot(request).await.unwrap()
}

pub(super) async fn json_of(response: Response<Body>) -> Value {
    let body = response.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&body).unwrap()
}

/// The status and the reason.
pub(super) async fn refusal(request: Request<Body>) -> (u16, String) {
    let response = ask(request).await;
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert!(!response.headers().contains_key("access-control-allow-origin"));
    let status = response.status().as_u16();
    (status, json_of(response).await["reason"].as_str().unwrap().to_owned())
}

pub(super) fn breaker(name: &'static str) -> CircuitBreakerHandle {
    CircuitBreakerHandle::standalone(Name::from_static(name), Config::default())
}

/// What is listed under `name`.
async fn listed(name: &str) -> InstancesState {
    let request = get(&format!("/policies?name={name}")).body(Body::empty()).unwrap();
    serde_json::from_value(json_of(ask(request).await).await).unwrap()
}

pub(super) async fn id_of(name: &str) -> u64 {
    listed(name).await.policies[0].id
}

#[tokio::test]
async fn an_operator_looks_at_a_policy_and_changes_it() {
    let breaker = breaker("admin-changes");
    let id = id_of("admin-changes").await;
    let response = ask(post(id, &json!({ "command": "force_open" }))).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["cache-control"], "no-store");
    let done = json_of(response).await;
    assert_eq!(
        (&done["command"], &done["policy"]["state"]),
        (&json!("force_open"), &json!("forced_open"))
    );
    assert_eq!(breaker.snapshot().state, State::ForcedOpen);
    let one = get(&format!("/policies/{id}")).body(Body::empty()).unwrap();
    assert_eq!(json_of(ask(one).await).await["state"], "forced_open");
}

#[tokio::test]
async fn policies_come_in_pages_and_each_once() {
    let name = "admin-pages";
    let breakers: Vec<_> = (0..25).map(|_| breaker(name)).collect();
    let mut after = String::new();
    let mut seen = Vec::new();
    loop {
        let path = format!("/policies?name={name}&kind=circuit_breaker&limit=10{after}");
        let page = json_of(ask(get(&path).body(Body::empty()).unwrap()).await).await;
        let page: InstancesState = serde_json::from_value(page).unwrap();
        assert_eq!(page.total, breakers.len());
        seen.extend(page.policies.iter().map(|policy| policy.id));
        let Some(next) = page.next else { break };
        after = format!("&after={next}");
    }
    assert_eq!(seen.len(), breakers.len());
    assert!(seen.is_sorted() && seen.windows(2).all(|two| two[0] != two[1]));
    drop(breakers);
    // Another test that looks at all policies at this moment keeps them alive.
    while listed(name).await.total > 0 {
        tokio::task::yield_now().await;
    }
    let gone = get(&format!("/policies?after={}", seen[9])).body(Body::empty()).unwrap();
    assert_eq!(refusal(gone).await, (410, "page_is_gone".into()));
}

#[tokio::test]
async fn who_may_not_ask_is_refused_with_a_status_of_its_own() {
    let breaker = breaker("admin-guard");
    let id = id_of("admin-guard").await;
    let command = json!({ "command": "force_open" });
    let change = |change: fn(&mut http::HeaderMap)| {
        let mut request = post(id, &command);
        change(request.headers_mut());
        request
    };
    let set = |name: &'static str, value: &'static str| {
        let mut request = post(id, &command);
        request.headers_mut().insert(name, value.parse().unwrap());
        request
    };
    // A foreign header is not outdone by the address of the request.
    let in_the_address = |address: &str| {
        let mut request = set("host", "evil.example");
        *request.uri_mut() = address.parse().unwrap();
        request
    };
    let cases = [
        (change(|headers| drop(headers.remove("authorization"))), 401, "unauthorized"),
        (set("authorization", "Bearer 0123456789abcdeF"), 401, "unauthorized"),
        (set("authorization", "Bearer "), 401, "unauthorized"),
        (set("authorization", OPERATOR), 401, "unauthorized"),
        (set("authorization", "Bearer fedcba9876543210"), 403, "read_only"),
        (set("host", "evil.example"), 421, "foreign_host"),
        (change(|headers| drop(headers.remove("host"))), 421, "foreign_host"),
        (
            change(|headers| _ = headers.append("host", "localhost".parse().unwrap())),
            421,
            "foreign_host",
        ),
        (in_the_address("http://localhost/policies/1"), 421, "foreign_host"),
        (set("origin", "http://evil.example"), 403, "foreign_origin"),
        (set("origin", "null"), 403, "foreign_origin"),
        (set("origin", "http://127.0.0.1:9901"), 403, "foreign_origin"),
        (change(|headers| drop(headers.remove(COMMAND_HEADER))), 403, "no_command_header"),
    ];
    for (request, status, reason) in cases {
        let shown = format!("{:?}", request.headers());
        assert_eq!(refusal(request).await, (status, reason.to_owned()), "{shown}");
    }
    assert_eq!(breaker.snapshot().state, State::Closed, "none of them has changed it");

    let own = set("origin", "http://127.0.0.1:9900");
    assert_eq!(ask(own).await.status(), StatusCode::OK, "a page of this origin");
    let reader = get("/policies").header("x-other", "1").body(Body::empty()).unwrap();
    let (mut parts, body) = reader.into_parts();
    parts.headers.insert("authorization", format!("Bearer {READER}").parse().unwrap());
    assert_eq!(ask(Request::from_parts(parts, body)).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_preflight_of_another_origin_is_told_nothing() {
    let preflight = Request::options("/policies")
        .header("host", "localhost")
        .header("origin", "http://evil.example")
        .header("access-control-request-method", "POST")
        .body(Body::empty())
        .unwrap();
    assert_eq!(refusal(preflight).await, (403, "foreign_origin".into()));
}

#[tokio::test]
async fn a_bad_request_says_what_is_wrong_with_it() {
    let breaker = breaker("admin-bad");
    let id = id_of("admin-bad").await;
    let long = json!({ "command": "x".repeat(20_000) });
    for (request, status, reason) in [
        (post(id, &json!({ "command": "explode" })), 400, "invalid_command"),
        (post(id, &json!({ "command": "force_open", "by": "me" })), 400, "invalid_command"),
        (post(id, &json!([])), 400, "invalid_command"),
        (post(id, &long), 413, "unreadable_body"),
        (post(id, &json!({ "command": "switch_off" })), 409, "not_for_this_policy"),
        (post(id, &json!({ "command": "set_min_calls", "calls": 0 })), 422, "invalid_settings"),
        (post(u64::MAX, &json!({ "command": "reset" })), 404, "policy_not_found"),
        (get("/policies/none").body(Body::empty()).unwrap(), 404, "policy_not_found"),
        (get("/policies?limit=0").body(Body::empty()).unwrap(), 400, "invalid_query"),
        (get("/policies?limit=1001").body(Body::empty()).unwrap(), 400, "invalid_query"),
        (get("/policies?limt=5").body(Body::empty()).unwrap(), 400, "invalid_query"),
        (get("/events?after=x").body(Body::empty()).unwrap(), 400, "invalid_query"),
        (get("/nothing").body(Body::empty()).unwrap(), 404, "route_not_found"),
        (get("/policies/%ff").body(Body::empty()).unwrap(), 400, "invalid_path"),
    ] {
        let shown = format!("{} {}", request.method(), request.uri());
        assert_eq!(refusal(request).await, (status, reason.to_owned()), "{shown}");
    }
    assert_eq!(breaker.snapshot().state, State::Closed);
}

#[tokio::test]
async fn events_are_streamed_from_where_a_reader_was() {
    let _alone = ALONE.acquire().await.unwrap();
    let name = "admin-events";
    let breaker = breaker(name);
    let start = crate::operator::events_after(0, usize::MAX).events.last().map_or(0, |it| it.id);
    let request = get(&format!("/events?after={start}")).body(Body::empty()).unwrap();
    let mut events = ask(request).await.into_body();
    for step in [CircuitBreakerHandle::force_open, CircuitBreakerHandle::close] {
        step(&breaker);
    }
    let mut mine = Vec::new();
    while mine.len() < 2 {
        // Other tests have events, too.
        let message = next(&mut events).await;
        if message.contains(name) {
            mine.push(message);
        }
    }
    assert!(mine[0].contains("event: change\n") && mine[0].contains(r#""to":"forced_open""#));
    let id = mine[0].lines().find_map(|line| line.strip_prefix("id: ")).unwrap();

    let resumed = get("/events?after=0").header("last-event-id", id).body(Body::empty()).unwrap();
    let mut events = ask(resumed).await.into_body();
    loop {
        let message = next(&mut events).await;
        assert!(!message.contains(r#""to":"forced_open""#) || !message.contains(name), "seen");
        if message.contains(name) {
            assert!(message.contains(r#""to":"closed""#), "{message}");
            break;
        }
    }
}

async fn next(events: &mut Body) -> String {
    let frame = tokio::time::timeout(Duration::from_secs(10), events.frame()).await;
    let frame = frame.expect("an event is due").expect("the stream has no end").unwrap();
    String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn a_reader_with_a_number_of_another_process_waits_and_keeps_no_thread_busy() {
    let _alone = ALONE.acquire().await.unwrap();
    crate::operator::events_after(0, 0);
    let name = "admin-restarted";
    let request = get("/events").header("last-event-id", "5").body(Body::empty()).unwrap();
    let mut events = ask(request).await.into_body();
    let breaker = breaker(name);
    breaker.force_open();
    while !next(&mut events).await.contains(name) {}
    // All is read, so that it has to wait: it does not hold this one thread.
    let waits = tokio::time::timeout(Duration::from_millis(1), events.frame()).await;
    drop(waits);
    breaker.close();
    while !next(&mut events).await.contains(name) {}
}

#[tokio::test]
async fn readers_of_events_are_counted_out_and_one_that_goes_makes_room() {
    let admin = admin();
    let read = || admin.clone().oneshot(get("/events").body(Body::empty()).unwrap());
    let mut readers = Vec::new();
    for _ in 0..32 {
        let response = read().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        readers.push(response);
    }
    assert_eq!(read().await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
    readers.pop();
    assert_eq!(read().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_reader_that_stalls_is_told_how_many_it_lost() {
    let _alone = ALONE.acquire().await.unwrap();
    let breaker = breaker("admin-stalled");
    let start = crate::operator::events_after(0, usize::MAX).events.last().map_or(0, |it| it.id);
    for _ in 0..1_500 {
        breaker.force_open();
        breaker.close();
    }
    let request = get(&format!("/events?after={start}")).body(Body::empty()).unwrap();
    let mut events = ask(request).await.into_body();
    let first = next(&mut events).await;
    assert!(first.contains("event: lost\n"), "{first}");
    let data = first.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
    let lost: Value = serde_json::from_str(data).unwrap();
    assert!(lost["lost"].as_u64() >= Some(3_000 - 1_024), "{lost}");
    assert!(next(&mut events).await.contains("event: change\n"));
}

#[test]
fn a_token_is_long_visible_and_not_shown() {
    let token = Token::new("  0123456789abcdef\n").unwrap();
    assert_eq!(token.reveal(), "0123456789abcdef");
    assert_eq!(format!("{token:?}"), "Token(..)");
    for (text, error) in [
        ("short", "token has 5 characters, but must have 16 to 1024"),
        ("", "token has 0 characters, but must have 16 to 1024"),
        ("0123456789 abcdef", "token must have visible ASCII characters only"),
    ] {
        assert_eq!(Token::new(text).unwrap_err().to_string(), error);
    }
    let tokens = [(); 2].map(|()| Token::generate().unwrap());
    assert!(tokens[0].reveal().len() == 32 && tokens[0].reveal() != tokens[1].reveal());
    let missing = Token::read("/nowhere/token".as_ref()).unwrap_err();
    assert_eq!(missing.to_string(), "the file of the token cannot be read");
}
