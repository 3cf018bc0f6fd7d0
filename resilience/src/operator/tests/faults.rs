//! Plans of faults in the shapes that are sent, and back.

use super::*;
use crate::{
    event::log::log,
    fault::{FaultPlan, FaultSwitch},
    wire::{ArmFault, FaultStatus},
};

/// One plan of each kind and with each bound.
fn plans() -> Vec<serde_json::Value> {
    let kinds = [
        json!({ "latency": { "delay": "2s" } }),
        json!({ "error": { "status": 503 } }),
        json!({ "grpc_status": { "code": 14 } }),
        json!({ "abort": {} }),
        json!({ "stall": {} }),
        json!({ "readiness_stall": {} }),
        json!({ "slow_body": { "chunk": 1024, "pause": "100ms" } }),
        json!({ "truncated_body": { "after": 0 } }),
        json!({ "panic": {} }),
        json!({ "random_latency": { "uniform": { "from": "1ms", "to": "2ms" } } }),
        json!({ "random_latency": { "normal": { "mean": "1ms", "deviation": "2ms" } } }),
        json!({ "random_latency": { "pareto": { "least": "1ms", "shape": 2.0 } } }),
        json!({ "random_latency": { "histogram": { "buckets": [
            { "up_to": "10ms", "weight": 90 }, { "up_to": "2s", "weight": 10 },
        ] } } }),
    ];
    let plan = |fault| json!({ "fault": fault, "rate": 0.5, "expires_in": "1m" });
    let mut plans: Vec<_> = kinds.into_iter().map(plan).collect();
    plans.push(json!({
        "fault": { "abort": {} }, "rate": 1.0, "expires_in": "1m", "path_prefix": "/users",
        "method": "GET", "header": { "name": "x-tenant", "value": "a" },
        "sticky_by": { "header": "x-user", "salt": 3 }, "max_active": 20, "max_injected": 1000,
        "max_share": 0.25,
    }));
    plans
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_is_armed_is_shown_as_it_was_sent() {
    for sent in plans() {
        let wanted: ArmFault = serde_json::from_value(sent.clone()).unwrap();
        let switch = FaultSwitch::new();
        switch.arm(FaultPlan::try_from(wanted).unwrap());
        let status = FaultStatus::from(&switch.status());
        assert_eq!(serde_json::to_value(status.armed).unwrap(), sent);
    }
}

#[test]
fn a_share_out_of_range_is_told_with_the_other_mistakes() {
    let told = |share: f64| {
        let wanted =
            json!({ "fault": { "grpc_status": { "code": 0 } }, "rate": 1, "max_share": share });
        let wanted: ArmFault = serde_json::from_value(wanted).unwrap();
        FaultPlan::try_from(wanted).unwrap_err().to_string()
    };
    assert_eq!(
        told(-1.0),
        "code is 0, but must be 1 to 16; max_share is -1, but must be a number from 0"
    );
    assert_eq!(told(1.5), "code is 0, but must be 1 to 16; max_share is 1.5, but must be 0 to 1");
}

#[tokio::test(start_paused = true)]
async fn an_operator_sees_a_fault_begin_and_end_in_the_stream() {
    let _alone = ALONE.acquire().await.unwrap();
    let name = Name::from_static("operator-fault-marks");
    log();
    let switch = FaultSwitch::new();
    let _layer = FaultLayer::new(name, switch.clone());
    let fault = json!({ "fault": { "abort": {} }, "rate": 0.5, "expires_in": "30s" });
    one(name, "fault").apply(command(json!({ "command": "arm", "fault": fault })), "me").unwrap();
    advance(Duration::from_secs(30)).await;
    one(name, "fault").state();
    let told: Vec<_> = events_after(0, usize::MAX).events;
    let told: Vec<_> = told
        .iter()
        .filter(|event| event.policy == name.as_str())
        .map(|event| serde_json::to_value(&event.happened).unwrap())
        .collect();
    assert_eq!(
        told,
        [
            json!({ "event": "fault_armed", "fault": "abort", "expires_in": "30s" }),
            json!({ "event": "commanded", "kind": "fault", "command": "arm", "by": "me" }),
            json!({ "event": "fault_ended", "fault": "abort", "why": "expired" }),
        ]
    );
}
