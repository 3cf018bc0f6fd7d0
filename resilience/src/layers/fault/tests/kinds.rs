//! Faults besides a fixed delay, an error and an abort.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tower::Service as _;

use super::*;
use crate::fault::Spread;

#[tokio::test(start_paused = true)]
async fn a_stalled_call_is_never_answered_nor_sent_and_gives_its_place_back_when_dropped() {
    let (switch, sent) = (FaultSwitch::new(), Arc::new(AtomicU32::new(0)));
    switch.arm(plan(Fault::Stall, 1.0));
    let counted = Arc::clone(&sent);
    let service = FaultLayer::new(NAME, switch.clone()).layer(service_fn(move |(): ()| {
        counted.fetch_add(1, Ordering::Relaxed);
        std::future::ready(Ok::<_, BoxError>(()))
    }));
    let mut call = task::spawn(service.oneshot(()));
    assert_pending!(call.poll());
    advance(Duration::from_hours(20)).await;
    assert_pending!(call.poll());
    assert!(format!("{:?}", switch.status()).contains("active: 1"));
    drop(call);
    assert_eq!((switch.status().active, sent.load(Ordering::Relaxed)), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn an_injected_panic_is_one_where_the_answer_is_awaited_and_leaves_nothing_held() {
    let switch = FaultSwitch::new();
    switch.arm(plan(Fault::Panic, 1.0));
    let layer = FaultLayer::new(NAME, switch.clone());
    let mut service = layer.layer(service_fn(|(): ()| std::future::ready(Ok::<_, BoxError>(()))));
    let mut call = task::spawn(service.call(()));
    let panicked = catch_unwind(AssertUnwindSafe(|| call.poll().is_ready()));
    let message = panicked.unwrap_err().downcast::<&str>().unwrap();
    assert_eq!(*message, "this panic was injected on purpose");
    assert_eq!(switch.status().active, 0);
}

#[tokio::test(start_paused = true)]
async fn a_breaker_outside_counts_an_injected_panic_as_a_failure() {
    let switch = FaultSwitch::new();
    switch.arm(plan(Fault::Panic, 1.0));
    let breaker = crate::circuit_breaker::Config::builder().consecutive_failures(1).build();
    let breaker = crate::circuit_breaker::CircuitBreakerLayer::new(NAME, breaker.unwrap());
    let inner = service_fn(|(): ()| std::future::ready(Ok::<_, BoxError>(())));
    let mut service = breaker.layer(FaultLayer::new(NAME, switch).layer(inner));
    let mut call = task::spawn(service.call(()));
    assert!(catch_unwind(AssertUnwindSafe(|| call.poll().is_ready())).is_err());
    assert_eq!(breaker.handle().snapshot().state, crate::circuit_breaker::State::Open);
}

#[tokio::test(start_paused = true)]
async fn random_delays_lie_in_their_spread_and_a_seed_fixes_them() {
    let ms = Duration::from_millis;
    check_spread(&Spread::Uniform { from: ms(10), to: ms(50) }).await;
    check_spread(&Spread::histogram([(ms(10), 0), (ms(20), 3), (ms(50), 5)])).await;
}

async fn check_spread(spread: &Spread) {
    let ms = Duration::from_millis;
    let mut runs = Vec::new();
    for _ in 0..2 {
        let switch = FaultSwitch::with_rng(Rng::seeded(3));
        switch.arm(plan(Fault::RandomLatency { spread: spread.clone() }, 1.0));
        let layer = FaultLayer::new(NAME, switch);
        let service = layer.layer(service_fn(|(): ()| std::future::ready(Ok::<_, BoxError>(()))));
        let mut took = Vec::new();
        for _ in 0..50 {
            let begun = tokio::time::Instant::now();
            service.clone().oneshot(()).await.unwrap();
            took.push(begun.elapsed());
        }
        // Tokio's timers end at whole milliseconds.
        assert!(took.iter().all(|took| (ms(10)..=ms(51)).contains(took)), "{took:?}");
        assert!(took.iter().min() < Some(&ms(15)) && took.iter().max() > Some(&ms(45)));
        runs.push(took);
    }
    assert_eq!(runs[0], runs[1]);
}

#[test]
fn a_spread_out_of_range_is_refused_and_named() {
    let hour = Duration::from_hours(1);
    for (spread, error) in [
        (
            Spread::Uniform { from: hour, to: hour / 2 },
            "uniform.from is 1h, but must be 0ns to 30min",
        ),
        (
            Spread::Normal { mean: hour * 2, deviation: hour },
            "normal.mean is 2h, but must be 0ns to 1h",
        ),
        (Spread::histogram([]), "histogram.buckets is 0, but must be 1 to 64"),
        (
            Spread::histogram((1..=65).map(|ms| (Duration::from_millis(ms), 1))),
            "histogram.buckets is 65, but must be 1 to 64",
        ),
        (
            Spread::histogram([(hour / 2, 1), (hour / 2, 1)]),
            "histogram.up_to is 30min, but must be 1800.000000001s to 1h",
        ),
        (Spread::histogram([(hour * 2, 1)]), "histogram.up_to is 2h, but must be 0ns to 1h"),
        (
            Spread::histogram([(hour / 2, 0), (hour, 0)]),
            "histogram.weight is 0 in each bucket, but must be above 0 in one",
        ),
        (
            Spread::Pareto { least: hour, shape: 0.0 },
            "pareto.shape is 0, but must be above 0, to 100",
        ),
    ] {
        let fault = Fault::RandomLatency { spread };
        let given = FaultPlan::new(fault, Ratio::ONE, hour).unwrap_err();
        assert_eq!(given.to_string(), error);
    }
}

#[tokio::test(start_paused = true)]
async fn an_injected_code_of_grpc_is_a_rejection_with_that_code_and_a_seed_fixes_whom_it_hits() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let switch = FaultSwitch::with_rng(Rng::seeded(3));
        switch.arm(plan(Fault::GrpcStatus { code: 14 }, 0.5));
        let layer = FaultLayer::new(NAME, switch);
        let service = layer.layer(service_fn(|(): ()| std::future::ready(Ok::<_, BoxError>(()))));
        let mut hits = Vec::new();
        for _ in 0..50 {
            let error = service.clone().oneshot(()).await.err();
            let told = error.as_ref().map(|error| error.as_rejected().unwrap().reason());
            assert!(told.is_none_or(|reason| reason == Reason::InjectedGrpc { code: 14 }));
            hits.push(told.is_some());
        }
        runs.push(hits);
    }
    assert_eq!(runs[0], runs[1]);
    assert!((10..40).contains(&runs[0].iter().filter(|is_hit| **is_hit).count()));
}

#[test]
fn a_code_that_grpc_does_not_have_is_refused() {
    for code in [0, 17] {
        let given = FaultPlan::new(Fault::GrpcStatus { code }, Ratio::ONE, MINUTE).unwrap_err();
        assert_eq!(given.to_string(), format!("code is {code}, but must be 1 to 16"));
    }
}
