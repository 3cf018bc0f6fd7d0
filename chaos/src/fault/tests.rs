use std::time::Duration;

use resilience::wire::FaultKind;
use serde_json::json;

use super::*;
use crate::experiment::{Experiment, FaultSpec, Pace};
use crate::target::fake::FakeSite;

const LASTS: Duration = Duration::from_secs(3);

#[test]
fn every_fault_of_the_demo_is_in_the_table() {
    let phases = Experiment::demo(Pace::Full, 100, 1).phases;
    let faults: Vec<_> = phases.iter().filter_map(|phase| phase.fault.as_ref()).collect();
    assert_eq!(faults.len(), 3);
    for spec in faults {
        resolve(spec).unwrap();
    }
}

#[test]
fn an_unknown_kind_is_answered_with_the_known_ones() {
    let error = resolve(&FaultSpec::new("meteor", json!({}))).unwrap_err();
    assert_eq!(error.to_string(), "unknown fault `meteor`, expected one of: http, kill");
}

#[test]
fn wrong_settings_are_named() {
    for (kind, settings, part) in [
        ("http", json!({ "fault": { "abort": {} }, "rate": 0.0 }), "rate is 0"),
        ("http", json!({ "fault": { "error": { "status": 200 } }, "rate": 0.1 }), "status is 200"),
        ("http", json!({ "fault": { "abort": {} }, "rat": 0.1 }), "unknown field `rat`"),
        ("kill", json!({ "after": "0s", "down_for": "0s" }), "down_for is 0ns"),
    ] {
        let error = format!("{:#}", resolve(&FaultSpec::new(kind, settings)).unwrap_err());
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_fault_says_what_it_does() {
    let slow = FaultKind::Latency { delay: Duration::from_secs(2) };
    let fault = HttpFault { fault: slow, rate: 0.15 };
    assert_eq!(fault.describe(), "15 % of the calls to the user service take 2s more");
}

#[tokio::test]
async fn an_http_fault_hits_calls_while_it_is_armed_and_none_after() {
    let mut fake = FakeSite::start().await;
    let fault = HttpFault { fault: FaultKind::Error { status: 503 }, rate: 1.0 };
    assert_eq!(fake.look_up().await, 200);

    let undo = fault.inject(&mut fake.site, LASTS).await.unwrap();
    assert_eq!((fake.look_up().await, fake.look_up().await), (503, 503));
    assert_eq!(fake.armed().unwrap().expires_in, LASTS + Duration::from_secs(5));

    let hits = Effect::Hits { calls: 2, share: 1.0, stayed: true };
    assert_eq!(undo.undo(&mut fake.site).await.unwrap(), hits);
    assert_eq!(fake.look_up().await, 200);
}

#[tokio::test]
async fn a_fault_that_hit_nothing_is_not_proved() {
    let mut fake = FakeSite::start().await;
    let fault = HttpFault { fault: FaultKind::Abort {}, rate: 0.5 };
    let undo = fault.inject(&mut fake.site, LASTS).await.unwrap();
    assert!(undo.undo(&mut fake.site).await.unwrap().shortfall(0).is_some());
}

#[tokio::test]
async fn a_fault_that_somebody_else_disarmed_is_told() {
    let mut fake = FakeSite::start().await;
    let fault = HttpFault { fault: FaultKind::Abort {}, rate: 1.0 };
    let undo = fault.inject(&mut fake.site, LASTS).await.unwrap();
    fake.look_up().await;
    fake.disarm();
    let effect = undo.undo(&mut fake.site).await.unwrap();
    assert_eq!(effect, Effect::Hits { calls: 1, share: 1.0, stayed: false });
}

#[tokio::test]
async fn a_fault_whose_flag_somebody_else_took_back_is_told_with_what_it_had_hit() {
    let mut fake = FakeSite::start().await;
    let fault = HttpFault { fault: FaultKind::Abort {}, rate: 1.0 };
    let undo = fault.inject(&mut fake.site, LASTS).await.unwrap();
    fake.look_up().await;
    fake.take_back();
    let effect = undo.undo(&mut fake.site).await.unwrap();
    assert_eq!(effect, Effect::Hits { calls: 1, share: 1.0, stayed: false });

    let undo = fault.inject(&mut fake.site, LASTS).await.unwrap();
    fake.take_back();
    fake.arm();
    fake.look_up().await;
    let effect = undo.undo(&mut fake.site).await.unwrap();
    assert_eq!(effect, Effect::Hits { calls: 0, share: 1.0, stayed: false });
    assert!(fake.armed().is_some(), "the fault of somebody else stays");
}

#[tokio::test]
async fn a_wrong_token_is_an_error_that_names_the_answer() {
    let mut fake = FakeSite::start().await;
    fake.site.token = "wrong".to_owned();
    let fault = HttpFault { fault: FaultKind::Abort {}, rate: 0.5 };
    let error = fault.inject(&mut fake.site, LASTS).await.unwrap_err().to_string();
    assert!(error.contains("/flags/chaos-run-") && error.contains(" answered 401"), "{error}");
}

#[tokio::test]
async fn a_killed_service_is_gone_until_it_is_restarted() {
    let mut fake = FakeSite::start().await;
    let fault = Kill { after: Duration::ZERO, down_for: Duration::from_millis(100) };

    let undo = fault.inject(&mut fake.site, fault.down_for).await.unwrap();
    assert!(fake.site.user.gone().await.unwrap());
    assert!(fault.inject(&mut fake.site, LASTS).await.is_err(), "it cannot be killed twice");

    let effect = undo.undo(&mut fake.site).await.unwrap();
    assert!(matches!(effect, Effect::Gone { .. }) && effect.shortfall(0).is_none());
    assert!(!fake.site.user.gone().await.unwrap());
    assert_eq!(fake.site.user.starts(), 2);
}
