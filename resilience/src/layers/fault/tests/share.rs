//! The bound on the share of all traffic.

use super::*;

fn shared(percent: u32) -> FaultPlan {
    plan(ERROR, 1.0).max_share(Ratio::percent(percent)).unwrap()
}

#[tokio::test(start_paused = true)]
async fn no_more_of_the_traffic_is_hit_than_the_plan_says_and_it_is_spread_out() {
    let switch = FaultSwitch::new();
    switch.arm(shared(25));
    assert_eq!(which(&switch, 6).await, [false, false, false, true, false, false]);
    assert_eq!(hits(&switch, 9_994).await, 2_499);
    assert_eq!(switch.status().injected_by_plan, 2_500);
}

#[tokio::test(start_paused = true)]
async fn the_shares_zero_and_one_are_exact() {
    let switch = FaultSwitch::new();
    switch.arm(shared(0));
    assert_eq!(hits(&switch, 3_000).await, 0);
    switch.arm(shared(100));
    assert_eq!(hits(&switch, 3_000).await, 3_000);
}

#[tokio::test(start_paused = true)]
async fn calls_that_match_no_condition_are_traffic_too() {
    let switch = FaultSwitch::new();
    switch.arm(shared(10).path_prefix("/users"));
    let answer =
        service_fn(|_: Request<()>| std::future::ready(Ok::<_, BoxError>(Response::new(()))));
    let service = FaultLayer::http(NAME, switch.clone()).layer(answer);
    let is_hit = async |path: &str| {
        let request = Request::builder().uri(path).body(()).unwrap();
        service.clone().oneshot(request).await.is_err()
    };
    for _ in 0..9 {
        assert!(!is_hit("/health").await);
    }
    assert!(is_hit("/users/1").await, "one of ten");
    assert!(!is_hit("/users/1").await);
}

#[tokio::test(start_paused = true)]
async fn each_plan_counts_the_traffic_from_its_own_beginning() {
    let switch = FaultSwitch::new();
    switch.arm(shared(50));
    assert_eq!(which(&switch, 1).await, [false]);
    switch.arm(shared(50));
    assert_eq!(which(&switch, 2).await, [false, true]);
}

#[tokio::test(start_paused = true)]
async fn chance_is_asked_for_a_call_that_the_share_spares() {
    let (switch, draws) = counted(0.0);
    switch.arm(plan(ERROR, 0.5).max_share(Ratio::percent(10)).unwrap());
    assert_eq!(hits(&switch, 10).await, 1);
    assert_eq!(draws.load(Ordering::Relaxed), 10);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_another_bound_spares_takes_nothing_of_the_share() {
    let switch = FaultSwitch::new();
    let late = plan(Fault::Stall, 1.0).max_active(NonZeroU32::MIN);
    switch.arm(late.max_share(Ratio::percent(50)).unwrap());
    let answer = service_fn(|(): ()| std::future::ready(Ok::<_, BoxError>(())));
    let service = FaultLayer::new(NAME, switch).layer(answer);
    let call = || {
        let mut call = task::spawn(service.clone().oneshot(()));
        let is_held = call.poll().is_pending();
        (call, is_held)
    };
    let states: Vec<_> = (0..6).map(|_| call()).collect();
    let held: Vec<_> = states.iter().map(|state| state.1).collect();
    assert_eq!(held, [false, true, false, false, false, false]);
    drop(states);
    assert!(call().1, "two are saved up of the four that were spared, and half a call");
}

#[test]
fn a_plan_tells_its_share_and_refuses_more_than_all() {
    assert_eq!(plan(ERROR, 1.0).share_limit(), None);
    assert_eq!(shared(5).share_limit(), Some(Ratio::percent(5)));
    let error = plan(ERROR, 1.0).max_share(Ratio::percent(101)).unwrap_err();
    assert_eq!(error.to_string(), "max_share is 1.01, but must be 0 to 1");
}
