use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use http::{Request, Response};
use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready_ok, task};
use tower::{ServiceExt, service_fn};
use tower_layer::Layer;
use tower_test::mock;

use super::{Fault, FaultLayer, FaultPlan, FaultSwitch};
use crate::{
    error::{BoxError, Reason, Refusal},
    event::Listener,
    name::Name,
    ratio::Ratio,
    rng::Rng,
    time::tests::reads_of,
};

const NAME: Name = Name::from_static("fault-test");
const MINUTE: Duration = Duration::from_mins(1);
const ERROR: Fault = Fault::Error { status: 503 };

fn plan(fault: Fault, rate: f64) -> FaultPlan {
    FaultPlan::new(fault, Ratio::new(rate).unwrap(), MINUTE).unwrap()
}

/// How many of `calls` calls were hit.
async fn hits(switch: &FaultSwitch, calls: u32) -> u32 {
    let answer = service_fn(|(): ()| std::future::ready(Ok::<_, BoxError>(())));
    let service = FaultLayer::new(NAME, switch.clone()).layer(answer);
    let mut hits = 0;
    for _ in 0..calls {
        hits += u32::from(service.clone().oneshot(()).await.is_err());
    }
    hits
}

#[tokio::test(start_paused = true)]
async fn the_rates_zero_and_one_are_exact() {
    let switch = FaultSwitch::with_rng(Rng::from_fn(|| 0.0));
    switch.arm(plan(ERROR, 0.0));
    assert_eq!(hits(&switch, 1_000).await, 0);

    let switch = FaultSwitch::with_rng(Rng::from_fn(|| 1.0));
    switch.arm(plan(ERROR, 1.0));
    assert_eq!(hits(&switch, 1_000).await, 1_000);
    assert_eq!(switch.status().injected, 1_000);
}

#[tokio::test(start_paused = true)]
async fn a_rate_hits_its_share_and_a_seed_fixes_which() {
    let run = async |seed| {
        let switch = FaultSwitch::with_rng(Rng::seeded(seed));
        switch.arm(plan(ERROR, 0.15));
        hits(&switch, 10_000).await
    };
    let first = run(5).await;
    // Ten times the standard deviation (36): no fair generator fails this.
    assert!(first.abs_diff(1_500) < 360, "{first}");
    assert_eq!(run(5).await, first);
}

#[tokio::test(start_paused = true)]
async fn an_idle_layer_draws_nothing_and_reads_no_clock() {
    let draws = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&draws);
    let switch = FaultSwitch::with_rng(Rng::from_fn(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        0.0
    }));
    let answer = service_fn(|(): ()| std::future::ready(Ok::<_, BoxError>(())));
    let service = FaultLayer::new(NAME, switch).layer(answer);
    let reads = reads_of(|| {
        assert_ready_ok!(task::spawn(service.oneshot(())).poll());
    });
    assert_eq!((reads, draws.load(Ordering::Relaxed)), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn an_armed_fault_disarms_itself() {
    let switch = FaultSwitch::new();
    switch.arm(plan(ERROR, 1.0));
    advance(MINUTE.checked_sub(Duration::from_millis(1)).unwrap()).await;
    assert_eq!(switch.status().time_left, Duration::from_millis(1));
    assert_eq!(hits(&switch, 1).await, 1);
    advance(Duration::from_millis(1)).await;
    assert_eq!(switch.status().armed, None);
    assert_eq!(hits(&switch, 1).await, 0);
    assert!(!switch.is_armed(), "the next call finds it idle");
}

#[tokio::test(start_paused = true)]
async fn latency_is_added_before_the_call_goes_on() {
    let switch = FaultSwitch::new();
    let layer = FaultLayer::http(NAME, switch.clone());
    let (mut service, mut inner) = mock::spawn_layer::<Request<u32>, Response<u32>, _>(layer);
    switch.arm(plan(Fault::Latency { delay: Duration::from_secs(2) }, 1.0));

    assert_ready_ok!(service.poll_ready());
    let mut call = task::spawn(service.call(Request::new(1)));
    assert_pending!(call.poll());
    assert_pending!(task::spawn(inner.next_request()).poll(), "not sent yet");

    advance(Duration::from_secs(2)).await;
    assert_pending!(call.poll());
    let (_request, send) = inner.next_request().await.expect("sent");
    send.send_response(Response::new(2));
    let response = assert_ready_ok!(call.poll());
    assert_eq!(response.headers()["x-fault-injected"], "latency");
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_during_the_latency_is_never_sent() {
    let switch = FaultSwitch::new();
    let layer = FaultLayer::http(NAME, switch.clone());
    let (mut service, mut inner) = mock::spawn_layer::<Request<u32>, Response<u32>, _>(layer);
    switch.arm(plan(Fault::Latency { delay: Duration::from_secs(2) }, 1.0));
    assert_ready_ok!(service.poll_ready());
    let mut call = task::spawn(service.call(Request::new(1)));
    assert_pending!(call.poll());
    drop(call);
    advance(Duration::from_secs(3)).await;
    assert_pending!(task::spawn(inner.next_request()).poll());
}

#[tokio::test(start_paused = true)]
async fn only_the_paths_of_the_plan_are_hit() {
    let switch = FaultSwitch::new();
    switch.arm(plan(Fault::Abort, 1.0).path_prefix("/users"));
    let answer =
        service_fn(|_: Request<()>| std::future::ready(Ok::<_, BoxError>(Response::new(()))));
    let service = FaultLayer::http(NAME, switch).layer(answer);
    let request = |path: &str| Request::builder().uri(path).body(()).unwrap();
    assert!(service.clone().oneshot(request("/health")).await.is_ok());
    let error = service.oneshot(request("/users/1")).await.unwrap_err();
    assert_eq!(
        error.as_rejected().map(crate::error::Rejected::reason),
        Some(Reason::InjectedAbort)
    );
}

#[tokio::test(start_paused = true)]
async fn a_service_keeps_the_listeners_its_layer_had() {
    let heard = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&heard);
    let listener = Listener::new(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    let switch = FaultSwitch::new();
    switch.arm(plan(Fault::Abort, 1.0));
    let answer = service_fn(|(): ()| std::future::ready(Ok::<_, BoxError>(())));
    let layer = FaultLayer::new(NAME, switch.clone());
    let before = layer.layer(answer);
    let after = layer.on_event(listener).layer(answer);
    assert!(before.oneshot(()).await.is_err());
    assert_eq!(heard.load(Ordering::Relaxed), 0);
    assert!(after.oneshot(()).await.is_err());
    assert_eq!(heard.load(Ordering::Relaxed), 1);
    assert_eq!(switch.status().injected, 2, "the switch is shared all the same");
}

#[test]
fn a_plan_out_of_range_is_refused_with_every_mistake() {
    let error = FaultPlan::new(Fault::Error { status: 200 }, Ratio::percent(200), Duration::ZERO);
    assert_eq!(
        error.unwrap_err().to_string(),
        "rate is 2, but must be 0 to 1; expires_in is 0ns, but must be 1s to 24h; \
         status is 200, but must be 400 to 599",
    );
}
