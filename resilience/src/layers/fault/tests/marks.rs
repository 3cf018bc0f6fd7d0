//! What is told when a fault is armed and when it ends.

use super::*;
use crate::{
    event::{
        Event,
        log::{ALONE, log},
    },
    fault::FaultEnd,
    telemetry,
};

/// What was told of `name`, as text.
fn told(name: Name) -> Vec<String> {
    let text = |event: &Event| match *event {
        Event::FaultArmed { fault, expires_in, .. } => format!("{fault} for {expires_in:?}"),
        Event::FaultEnded { fault, why, .. } => format!("{fault} {}", why.as_str()),
        ref other => panic!("{other:?}"),
    };
    let found = log().after(0, usize::MAX).events;
    found.iter().filter(|logged| logged.event.name() == name).map(|it| text(&it.event)).collect()
}

fn armed_gauge(name: Name) -> f64 {
    let is_it = |sample: &telemetry::Sample| {
        (sample.metric, sample.policy) == ("resilience_fault_armed", name)
    };
    telemetry::samples().into_iter().find(is_it).unwrap().value
}

#[tokio::test(start_paused = true)]
async fn each_beginning_and_each_end_is_told_once_with_its_reason() {
    let _alone = ALONE.acquire().await.unwrap();
    let name = Name::from_static("fault-marks");
    // Kept from here on.
    log();
    let switch = FaultSwitch::new();
    let answer = service_fn(|(): ()| std::future::ready(Ok::<_, BoxError>(())));
    let service = FaultLayer::new(name, switch.clone()).layer(answer);
    switch.disarm();
    assert_eq!(told(name), [""; 0], "nothing was armed");
    switch.arm(plan(ERROR, 1.0));
    switch.arm(plan(Fault::Abort, 1.0).max_injected(NonZeroU64::MIN));
    service.clone().oneshot(()).await.unwrap_err();
    switch.disarm();
    switch.arm(plan(Fault::Stall, 0.0));
    switch.disarm();
    switch.arm(plan(Fault::Panic, 0.0));
    advance(MINUTE).await;
    assert_eq!(told(name).len(), 7, "nobody has looked");
    service.oneshot(()).await.unwrap();
    switch.status();
    assert_eq!(
        told(name),
        [
            "error for 60s",
            "error replaced",
            "abort for 60s",
            "abort spent",
            "stall for 60s",
            "stall disarmed",
            "panic for 60s",
            "panic expired",
        ]
    );
    let labels = [FaultEnd::Expired, FaultEnd::Spent, FaultEnd::Disarmed, FaultEnd::Replaced];
    assert_eq!(labels.map(FaultEnd::as_str), ["expired", "spent", "disarmed", "replaced"]);
}

#[tokio::test(start_paused = true)]
async fn whoever_looks_next_has_the_expiry_told() {
    let _alone = ALONE.acquire().await.unwrap();
    log();
    for (name, look) in [
        (
            "fault-marks-status",
            (|switch, _| drop(FaultSwitch::status(switch))) as fn(&FaultSwitch, Name),
        ),
        ("fault-marks-samples", |_, name| assert_eq!(armed_gauge(name).to_bits(), 0)),
        ("fault-marks-disarm", |switch, _| switch.disarm()),
        ("fault-marks-arm", |switch, _| switch.arm(plan(ERROR, 1.0))),
        ("fault-marks-layer", |switch, name| drop(FaultLayer::new(name, switch.clone()))),
    ] {
        let name = Name::from_static(name);
        let switch = FaultSwitch::new();
        let _layer = FaultLayer::new(name, switch.clone());
        let short = FaultPlan::new(Fault::Abort, Ratio::ONE, Duration::from_secs(1)).unwrap();
        switch.arm(short);
        advance(Duration::from_secs(1)).await;
        look(&switch, name);
        assert_eq!(told(name)[..2], ["abort for 1s", "abort expired"], "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_layer_of_a_switch_is_told_of_once_also_one_that_comes_later() {
    let _alone = ALONE.acquire().await.unwrap();
    let [one, other] = ["fault-marks-one", "fault-marks-other"].map(Name::from_static);
    log();
    let switch = FaultSwitch::new();
    let _layers = [(); 2].map(|()| FaultLayer::new(one, switch.clone()));
    switch.arm(plan(ERROR, 1.0));
    advance(Duration::from_secs(20)).await;
    let _late = FaultLayer::new(other, switch.clone());
    switch.disarm();
    assert_eq!(told(one), ["error for 60s", "error disarmed"]);
    assert_eq!(told(other), ["error for 40s", "error disarmed"]);
}

#[tokio::test(start_paused = true)]
async fn the_gauge_is_one_while_a_fault_is_armed() {
    let name = Name::from_static("fault-marks-gauge");
    let switch = FaultSwitch::new();
    let _layer = FaultLayer::new(name, switch.clone());
    assert_eq!(armed_gauge(name).to_bits(), 0.0_f64.to_bits());
    switch.arm(plan(ERROR, 1.0));
    assert_eq!(armed_gauge(name).to_bits(), 1.0_f64.to_bits());
    switch.disarm();
    assert_eq!(armed_gauge(name).to_bits(), 0.0_f64.to_bits());
}
