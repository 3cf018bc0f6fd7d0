use std::{
    convert::Infallible,
    future::Future as _,
    num::NonZeroU32,
    panic::{AssertUnwindSafe, catch_unwind},
    task::{Context, Waker},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};
use tower::{Service, ServiceBuilder, ServiceExt as _, service_fn, util::BoxCloneSyncService};

use super::{FaultKey, HeaderFaultLayer, PLAN, SIGNATURE};
use crate::{error::HeaderMistake, lift::LiftLayer, name::Name, respond::RespondLayer};

const NAME: Name = Name::from_static("flags-header");
const NOW: Duration = Duration::from_secs(1_790_000_000);
const AN_HOUR: u64 = 1_790_003_600;

fn key() -> FaultKey {
    FaultKey::new("a key for tests alone").unwrap()
}

fn asked(expires: u64) -> Value {
    json!({ "run": "r1", "policy": NAME.as_str(), "expires": expires,
            "plan": { "fault": { "error": { "status": 503 } }, "rate": 1 } })
}

fn signed(plan: &str) -> HeaderMap {
    headers(plan, &key().sign(plan))
}

fn headers(plan: &str, signature: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.append(PLAN, plan.parse().unwrap());
    headers.append(SIGNATURE, signature.parse().unwrap());
    headers
}

/// What `headers` ask for: a run, nothing, or a mistake.
fn read(headers: &HeaderMap) -> Result<Option<String>, HeaderMistake> {
    key().read(headers, NAME, NOW).map(|asked| asked.map(|(run, _)| run))
}

#[test]
fn a_signature_is_that_of_the_standard() {
    // Computed by another program, openssl: what testers sign with.
    assert_eq!(
        key().sign(r#"{"run":"r1"}"#),
        "4cdcfbe789d29c78e6ff4b5064a084e6b703992ee554ebae3a1a3c9eb088b4ab"
    );
}

#[test]
fn what_is_signed_for_this_layer_and_has_time_left_is_believed() {
    assert_eq!(read(&signed(&asked(AN_HOUR).to_string())), Ok(Some("r1".to_owned())));
    assert_eq!(read(&signed(&asked(1_790_000_001).to_string())), Ok(Some("r1".to_owned())));
    assert_eq!(read(&HeaderMap::new()), Ok(None));
    let mut other = asked(AN_HOUR);
    other["policy"] = "another".into();
    let (plan, no_key_of_ours) = (other.to_string(), "0".repeat(64));
    assert_eq!(read(&headers(&plan, &no_key_of_ours)), Ok(None), "it is not for this layer");
    let newer = r#"{ "policy": "another", "plan": { "fault": "of another version" } }"#;
    assert_eq!(read(&headers(newer, &no_key_of_ours)), Ok(None), "nor is this one");
    let mut two = headers(&plan, &no_key_of_ours);
    two.append(PLAN, plan.parse().unwrap());
    assert_eq!(read(&two), Err(HeaderMistake::Forged), "whom the second is for is not looked at");
}

#[test]
fn each_thing_that_is_wrong_with_a_header_has_a_name() {
    let plan = asked(AN_HOUR).to_string();
    let signature = key().sign(&plan);
    let other_key = FaultKey::new("another key, as long").unwrap().sign(&plan);
    let mut unsigned = signed(&plan);
    unsigned.remove(SIGNATURE);
    let mut twice = signed(&plan);
    twice.append(PLAN, plan.parse().unwrap());
    let mut signed_twice = signed(&plan);
    signed_twice.append(SIGNATURE, signature.parse().unwrap());
    for forged in [
        unsigned,
        twice,
        signed_twice,
        headers(&plan, &other_key),
        headers(&plan, &signature[1..]),
        headers(&plan, &signature.replace(|digit: char| digit.is_ascii_digit(), "x")),
        headers(&plan.replace("503", "500"), &signature),
        headers("no json", &signature),
    ] {
        assert_eq!(read(&forged), Err(HeaderMistake::Forged), "{forged:?}");
    }
    for expired in [1_790_000_000, 1_789_999_999, 0] {
        assert_eq!(read(&signed(&asked(expired).to_string())), Err(HeaderMistake::Expired));
    }
    let day = 24 * 60 * 60;
    assert!(read(&signed(&asked(1_790_000_000 + day).to_string())).is_ok());
    let (mut run, mut rate, mut unknown) = (asked(AN_HOUR), asked(AN_HOUR), asked(AN_HOUR));
    run["run"] = "a b".into();
    rate["plan"]["rate"] = 2.into();
    unknown["until"] = 1.into();
    let no_call = [json!({ "readiness_stall": {} }), json!({ "truncated_body": { "after": 3 } })];
    let [readiness, body] = no_call.map(|fault| {
        let mut asked = asked(AN_HOUR);
        asked["plan"]["fault"] = fault;
        asked
    });
    let mut share = asked(AN_HOUR);
    share["plan"]["max_share"] = 0.5.into();
    let (late, latest) = (asked(1_790_000_001 + day), asked(u64::MAX));
    for wrong in [late, latest, run, rate, unknown, readiness, body, share, json!(7)] {
        let wrong = wrong.to_string();
        assert_eq!(read(&signed(&wrong)), Err(HeaderMistake::Invalid), "{wrong}");
    }
    let long = format!("{plan}{}", " ".repeat(2_049 - plan.len()));
    assert_eq!(read(&signed(&long)), Err(HeaderMistake::TooLong));
    assert_eq!(read(&signed(long.strip_suffix(' ').unwrap())), Ok(Some("r1".to_owned())));
}

#[test]
fn a_key_hides_itself() {
    assert_eq!(format!("{:?}", key()), "FaultKey(..)");
    let error = FaultKey::new("fifteen bytes !").unwrap_err();
    assert_eq!(error.to_string(), "a key has 15 bytes, but must have at least 16");
}

type Served = BoxCloneSyncService<Request<()>, Response<Full<Bytes>>, Infallible>;

fn server(layer: HeaderFaultLayer) -> Served {
    let inner = service_fn(async |_: Request<()>| {
        tokio::task::yield_now().await;
        Ok::<_, Infallible>(Response::new(Full::from("fine")))
    });
    BoxCloneSyncService::new(
        ServiceBuilder::new().layer(RespondLayer).layer(layer).layer(LiftLayer).service(inner),
    )
}

fn request(headers: HeaderMap) -> Request<()> {
    let mut request = Request::new(());
    *request.headers_mut() = headers;
    request
}

/// A plan that is good for the next minutes of the machine's clock.
fn now_asked(fault: Value) -> HeaderMap {
    #[expect(clippy::disallowed_methods, reason = "the layer compares with this clock")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut asked = asked(now + 300);
    asked["plan"]["fault"] = fault;
    signed(&asked.to_string())
}

#[tokio::test]
async fn a_fault_happens_to_the_request_that_asks_for_it_alone() {
    let server = server(HeaderFaultLayer::new(NAME, key()));
    let error = json!({ "error": { "status": 418 } });
    let faulty = server.clone().oneshot(request(now_asked(error))).await.unwrap();
    assert_eq!(faulty.status(), StatusCode::IM_A_TEAPOT);
    assert_eq!(faulty.headers()["x-fault-injected"], "error");
    let plain = server.clone().oneshot(Request::new(())).await.unwrap();
    assert_eq!(plain.status(), StatusCode::OK);
    assert!(!plain.headers().contains_key("x-fault-injected"));
    let latency = json!({ "latency": { "delay": "1ms" } });
    let slow = server.oneshot(request(now_asked(latency))).await.unwrap();
    assert_eq!(slow.headers()["x-fault-injected"], "latency");
}

#[tokio::test]
async fn nobody_else_hears_of_it() {
    let _alone = crate::event::log::ALONE.acquire().await.unwrap();
    let seen = crate::operator::events_after(0, 1_024).events.last().map_or(0, |last| last.id);
    let server = server(HeaderFaultLayer::new(NAME, key()));
    let stall = now_asked(json!({ "stall": {} }));
    let mut call = tokio_test::task::spawn(server.oneshot(request(stall)));
    assert!(call.poll().is_pending());
    assert!(crate::operator::policies().iter().all(|listed| listed.name() != NAME));
    let events = crate::operator::events_after(seen, 1_024).events;
    assert!(events.iter().all(|event| event.policy != NAME.as_str()), "{events:?}");
}

#[tokio::test]
async fn a_header_that_is_not_trusted_is_refused_with_a_status_and_a_reason() {
    let server = server(HeaderFaultLayer::new(NAME, key()));
    let plan = asked(AN_HOUR).to_string();
    let wrong = json!({ "run": "r1" }).to_string();
    for (headers, status, reason) in [
        (headers(&plan, &"0".repeat(64)), 403, "fault_header_forged"),
        (signed(&asked(1).to_string()), 403, "fault_header_expired"),
        (signed(&wrong), 400, "fault_header_invalid"),
        (signed(&"x".repeat(2_049)), 431, "fault_header_too_long"),
    ] {
        let answer = server.clone().oneshot(request(headers)).await.unwrap();
        assert_eq!(answer.status().as_u16(), status);
        assert_eq!(answer.headers()["x-refused-by"], reason);
        assert!(!answer.headers().contains_key("x-fault-injected"));
    }
}

#[tokio::test]
async fn each_header_that_is_refused_is_counted_by_its_mistake_and_no_other_request_is() {
    let name = Name::from_static("flags-header-counted");
    let server = server(HeaderFaultLayer::new(name, key()).max_active(NonZeroU32::MIN));
    let ours = |mut plan: Value| {
        plan["policy"] = name.as_str().into();
        plan.to_string()
    };
    #[expect(clippy::disallowed_methods, reason = "the layer compares with this clock")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut stall = asked(now + 300);
    stall["plan"]["fault"] = json!({ "stall": {} });
    let stall = signed(&ours(stall));
    let mut stalled = tokio_test::task::spawn(server.clone().oneshot(request(stall.clone())));
    assert!(stalled.poll().is_pending());
    let forged = headers(&ours(asked(AN_HOUR)), &"0".repeat(64));
    for (times, headers) in [
        (1, signed(&"x".repeat(2_049))),
        (2, forged),
        (3, signed(&ours(asked(1)))),
        (4, signed(r#"{ "run": "r1" }"#)),
        (5, stall),
        (6, HeaderMap::new()),
    ] {
        for _ in 0..times {
            server.clone().oneshot(request(headers.clone())).await.unwrap();
        }
    }
    let counted = crate::telemetry::samples().into_iter().filter(|sample| {
        (sample.metric, sample.policy) == ("resilience_fault_headers_refused_total", name)
    });
    let counted: Vec<_> = counted.map(|sample| (sample.label.unwrap().1, sample.value)).collect();
    let expected =
        [("crowded", 5.0), ("expired", 3.0), ("forged", 2.0), ("invalid", 4.0), ("too_long", 1.0)];
    assert_eq!(counted, expected);
}

#[tokio::test]
async fn no_more_calls_than_allowed_are_under_such_a_fault_and_each_gives_its_place_back() {
    let one = NonZeroU32::MIN;
    let mut server = server(HeaderFaultLayer::new(NAME, key()).max_active(one));
    let stall = now_asked(json!({ "stall": {} }));
    let mut first =
        tokio_test::task::spawn(server.ready().await.unwrap().call(request(stall.clone())));
    assert!(first.poll().is_pending());
    let second = server.clone().oneshot(request(stall.clone())).await.unwrap();
    assert_eq!(second.status(), StatusCode::TOO_MANY_REQUESTS, "no room for another fault");
    assert_eq!(second.headers()["x-refused-by"], "fault_header_crowded");
    drop(first);

    let panics = now_asked(json!({ "panic": {} }));
    let mut first = Box::pin(server.ready().await.unwrap().call(request(panics)));
    let polled = AssertUnwindSafe(|| {
        let _ = first.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    });
    assert!(catch_unwind(polled).is_err());
    let again = server.clone().oneshot(request(stall));
    assert!(tokio_test::task::spawn(again).poll().is_pending(), "a panic gives its place back");
    drop(first);
    let error = now_asked(json!({ "error": { "status": 500 } }));
    for _ in 0..3 {
        let answer = server.clone().oneshot(request(error.clone())).await.unwrap();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
