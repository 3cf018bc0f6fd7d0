use std::{
    num::{NonZeroU32, NonZeroU64},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use http::{Request, Response};
use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready, assert_ready_ok, task};
use tower::{ServiceExt, service_fn};
use tower_layer::Layer;
use tower_test::mock;

use super::{Fault, FaultLayer, FaultPlan, FaultSwitch, signal::Signal};
use crate::{
    error::{BoxError, Reason, Refusal},
    event::Listener,
    name::Name,
    ratio::Ratio,
    rng::Rng,
};

const NAME: Name = Name::from_static("fault-test");
const MINUTE: Duration = Duration::from_mins(1);
const ERROR: Fault = Fault::Error { status: 503 };

fn plan(fault: Fault, rate: f64) -> FaultPlan {
    FaultPlan::new(fault, Ratio::new(rate).unwrap(), MINUTE).unwrap()
}

/// A switch that decides by `number`, and how often it has asked for it.
fn counted(number: f64) -> (FaultSwitch, Arc<AtomicU32>) {
    let draws = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&draws);
    let rng = Rng::from_fn(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        number
    });
    (FaultSwitch::with_rng(rng), draws)
}

/// Which of `calls` calls were hit.
async fn which(switch: &FaultSwitch, calls: u32) -> Vec<bool> {
    let answer = service_fn(|(): ()| std::future::ready(Ok::<_, BoxError>(())));
    let service = FaultLayer::new(NAME, switch.clone()).layer(answer);
    let mut which = Vec::new();
    for _ in 0..calls {
        which.push(service.clone().oneshot(()).await.is_err());
    }
    which
}

/// How many of `calls` calls were hit.
async fn hits(switch: &FaultSwitch, calls: u32) -> usize {
    which(switch, calls).await.into_iter().filter(|is_hit| *is_hit).count()
}

#[tokio::test(start_paused = true)]
async fn the_rates_zero_and_one_are_exact_and_draw_nothing() {
    for (rate, number, hit) in [(0.0, 0.0, 0), (-0.0, 0.0, 0), (1.0, 1.0, 1_000)] {
        let (switch, draws) = counted(number);
        switch.arm(plan(ERROR, rate));
        assert_eq!(hits(&switch, 1_000).await, hit, "{rate}");
        assert_eq!(switch.status().injected, hit as u64);
        assert_eq!(draws.load(Ordering::Relaxed), 0, "{rate}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_rates_next_to_zero_and_one_are_left_to_chance() {
    for (rate, number, hit) in [
        (0.0_f64.next_up(), 0.0, 1),
        (0.0_f64.next_up(), 0.0_f64.next_up(), 0),
        (0.5, 0.5_f64.next_down(), 1),
        (0.5, 0.5, 0),
        (1.0_f64.next_down(), 1.0, 0),
        // No number at all hits nothing.
        (0.5, f64::NAN, 0),
    ] {
        let (switch, draws) = counted(number);
        switch.arm(plan(ERROR, rate));
        assert_eq!(hits(&switch, 1).await, hit, "{number} at {rate}");
        assert_eq!(draws.load(Ordering::Relaxed), 1);
    }
    assert!(!plan(ERROR, 0.5).hits(|| f64::NAN), "nor where a plan is asked alone");
}

#[tokio::test(start_paused = true)]
async fn a_rate_hits_its_share_and_a_seed_fixes_which() {
    let run = async |seed| {
        let switch = FaultSwitch::with_rng(Rng::seeded(seed));
        switch.arm(plan(ERROR, 0.15));
        which(&switch, 10_000).await
    };
    let first = run(5).await;
    let share = first.iter().filter(|is_hit| **is_hit).count();
    // Ten times the standard deviation (36): no fair generator fails this.
    assert!(share.abs_diff(1_500) < 360, "{share}");
    assert!(run(5).await == first, "the same seed hits the same calls");
    assert!(run(6).await != first, "another seed hits others");
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
    assert!(switch.signal() == Signal::IDLE, "the next call finds it idle");
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
    advance(Duration::from_millis(1_999)).await;
    assert!(!call.is_woken(), "1 ms is left");
    assert_pending!(task::spawn(inner.next_request()).poll(), "not sent yet");

    advance(Duration::from_millis(1)).await;
    assert!(call.is_woken());
    assert_pending!(call.poll());
    let (_request, send) = inner.next_request().await.expect("sent");
    send.send_response(Response::new(2));
    let response = assert_ready_ok!(call.poll());
    assert_eq!(response.headers()["x-fault-injected"], "latency");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_no_fault_made_is_not_marked() {
    let switch = FaultSwitch::new();
    let answer =
        service_fn(|_: Request<()>| std::future::ready(Ok::<_, BoxError>(Response::new(()))));
    let service = FaultLayer::http(NAME, switch.clone()).layer(answer);
    let late = plan(Fault::Latency { delay: Duration::from_secs(2) }, 1.0);
    switch.arm(late.path_prefix("/users"));
    let mark = async |path: &str| {
        let request = Request::builder().uri(path).body(()).unwrap();
        let response = service.clone().oneshot(request).await.unwrap();
        response.headers().get("x-fault-injected").cloned()
    };
    assert_eq!(mark("/users/1").await.unwrap(), "latency");
    assert_eq!(mark("/health").await, None);
    switch.disarm();
    assert_eq!(mark("/users/1").await, None);
}

#[tokio::test(start_paused = true)]
async fn a_delayed_call_is_told_and_counted_though_it_succeeds() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    let listener = Listener::new(move |event| ear.lock().unwrap().push(format!("{event:?}")));
    let name = Name::from_static("fault-delay-test");
    let switch = FaultSwitch::new();
    let answer = service_fn(|(): ()| std::future::ready(Ok::<_, BoxError>(())));
    let service = FaultLayer::new(name, switch.clone()).on_event(listener).layer(answer);
    switch.arm(plan(Fault::Latency { delay: Duration::from_secs(2) }, 1.0));
    service.oneshot(()).await.unwrap();

    let heard = heard.lock().unwrap();
    assert!(heard.len() == 1 && heard[0].contains(r#"fault: "latency""#), "{heard:?}");
    let metric = "resilience_faults_injected_total";
    let counts: Vec<_> = crate::telemetry::samples()
        .into_iter()
        .filter(|sample| (sample.metric, sample.policy) == (metric, name))
        .map(|sample| (sample.label.unwrap().1, sample.value))
        .collect();
    assert_eq!(
        counts,
        [
            ("abort", 0.0),
            ("error", 0.0),
            ("latency", 1.0),
            ("panic", 0.0),
            ("readiness_stall", 0.0),
            ("slow_body", 0.0),
            ("stall", 0.0),
            ("truncated_body", 0.0),
        ]
    );
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

#[test]
fn a_rate_outside_of_zero_to_one_is_refused_with_what_was_given() {
    let refused = |rate| {
        let plan = Ratio::new(rate).map(|rate| FaultPlan::new(Fault::Abort, rate, MINUTE));
        match plan {
            Ok(plan) => plan.unwrap_err().to_string(),
            Err(error) => error.to_string(),
        }
    };
    assert_eq!(refused(1.0_f64.next_up()), "rate is 1.0000000000000002, but must be 0 to 1");
    assert_eq!(refused(1_000.0), "rate is 1000, but must be 0 to 1");
    assert_eq!(refused(f64::NAN), "ratio is NaN, but must be 0 to 1000");
    assert_eq!(refused(f64::INFINITY), "ratio is inf, but must be 0 to 1000");
    let least = refused(0.0_f64.next_down());
    assert!(least.starts_with("ratio is -0.000") && least.ends_with("5, but must be 0 to 1000"));
}

#[cfg(feature = "http-body")]
mod bodies;
mod caps;
mod held;
mod idle;
mod kinds;
#[cfg(feature = "wire")]
mod marks;
mod naive;
mod readiness;
mod share;
mod whom;
