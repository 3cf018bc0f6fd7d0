//! How many calls a plan may hit, at once and in all.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{OnceLock, atomic::AtomicU64},
};

use tower::Service;

use super::*;

const DELAY: Duration = Duration::from_secs(2);
const LATE: Fault = Fault::Latency { delay: DELAY };

fn at_once(fault: Fault, most: u32) -> FaultPlan {
    plan(fault, 1.0).max_active(NonZeroU32::new(most).unwrap())
}

fn in_all(fault: Fault, most: u64) -> FaultPlan {
    plan(fault, 1.0).max_injected(NonZeroU64::new(most).unwrap())
}

type Answers = super::super::FaultService<Answer>;

/// Answers at once, or panics when asked to.
#[derive(Clone, Copy)]
struct Answer;

impl Service<bool> for Answer {
    type Response = ();
    type Error = BoxError;
    type Future = std::future::Ready<Result<(), BoxError>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), BoxError>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, panics: bool) -> Self::Future {
        assert!(!panics, "the service was told to");
        std::future::ready(Ok(()))
    }
}

fn service(switch: &FaultSwitch) -> Answers {
    FaultLayer::new(NAME, switch.clone()).layer(Answer)
}

#[tokio::test(start_paused = true)]
async fn no_more_calls_than_the_plan_says_are_delayed_at_once() {
    let switch = FaultSwitch::new();
    switch.arm(at_once(LATE, 2));
    let mut service = service(&switch);
    let mut first = task::spawn(service.call(false));
    let mut second = task::spawn(service.call(false));
    assert_pending!(first.poll());
    assert_pending!(second.poll());
    assert_ready_ok!(task::spawn(service.call(false)).poll(), "the third is spared");
    assert_eq!((switch.status().active, switch.status().injected_by_plan), (2, 2));

    advance(DELAY).await;
    assert_ready_ok!(first.poll());
    assert_eq!(switch.status().active, 1, "one ended, and its future is still here");
    let mut third = task::spawn(service.call(false));
    assert_pending!(third.poll());
    assert_ready_ok!(task::spawn(service.call(false)).poll());
}

#[tokio::test(start_paused = true)]
async fn a_place_is_held_while_the_delayed_call_runs() {
    let switch = FaultSwitch::new();
    let layer = FaultLayer::http(NAME, switch.clone());
    let (mut service, mut inner) = mock::spawn_layer::<Request<u32>, Response<u32>, _>(layer);
    switch.arm(at_once(LATE, 1));
    assert_ready_ok!(service.poll_ready());
    let mut call = task::spawn(service.call(Request::new(1)));
    advance(DELAY).await;
    assert_pending!(call.poll());
    let (_request, send) = inner.next_request().await.expect("sent");
    assert_eq!(switch.status().active, 1);
    send.send_error("broken");
    assert!(assert_ready!(call.poll()).is_err());
    assert_eq!(switch.status().active, 0, "a failure ends it too");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_gives_its_place_back() {
    let switch = FaultSwitch::new();
    switch.arm(at_once(LATE, 1));
    let mut service = service(&switch);
    let mut call = task::spawn(service.call(false));
    assert_pending!(call.poll());
    drop(call);
    assert_eq!(switch.status().active, 0);
    assert_pending!(task::spawn(service.call(false)).poll(), "the next one is hit");
    drop(service.call(false));
    assert_eq!(switch.status().active, 0, "dropped before its first poll");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_panics_gives_its_place_back_though_its_future_is_kept() {
    let switch = FaultSwitch::new();
    switch.arm(at_once(LATE, 1));
    let mut call = task::spawn(service(&switch).call(true));
    assert_pending!(call.poll());
    assert_eq!(switch.status().active, 1);
    advance(DELAY).await;
    assert!(catch_unwind(AssertUnwindSafe(|| call.poll())).is_err());
    assert_eq!(switch.status().active, 0);
}

#[tokio::test(start_paused = true)]
async fn a_rejection_holds_its_place_until_it_is_taken() {
    let switch = FaultSwitch::new();
    switch.arm(at_once(ERROR, 1));
    let mut service = service(&switch);
    let mut refused = task::spawn(service.call(false));
    assert_ready_ok!(task::spawn(service.call(false)).poll(), "spared");
    assert!(assert_ready!(refused.poll()).is_err());
    assert_eq!(switch.status().active, 0);
    assert!(assert_ready!(task::spawn(service.call(false)).poll()).is_err());
}

#[tokio::test(start_paused = true)]
async fn calls_that_an_earlier_plan_delays_take_places_of_the_next() {
    let switch = FaultSwitch::new();
    switch.arm(plan(LATE, 1.0));
    let mut service = service(&switch);
    let delayed = service.call(false);
    switch.disarm();
    assert_eq!(switch.status().active, 1, "it goes on");
    switch.arm(at_once(LATE, 1));
    assert_ready_ok!(task::spawn(service.call(false)).poll());
    assert_eq!((switch.status().injected, switch.status().injected_by_plan), (1, 0));
    drop(delayed);
    assert_pending!(task::spawn(service.call(false)).poll());
    assert_eq!((switch.status().injected, switch.status().injected_by_plan), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_plan_disarms_itself_when_it_has_hit_all_it_may() {
    let switch = FaultSwitch::new();
    switch.arm(in_all(ERROR, 3));
    assert_eq!(hits(&switch, 2).await, 2);
    assert!(switch.status().armed.is_some());
    assert_eq!(which(&switch, 3).await, [true, false, false]);
    let status = switch.status();
    assert_eq!((status.armed, status.time_left), (None, Duration::ZERO));
    assert_eq!((status.injected, status.injected_by_plan), (3, 3));

    switch.arm(in_all(ERROR, 1));
    assert_eq!(switch.status().injected_by_plan, 0, "each plan counts from zero");
    assert_eq!(hits(&switch, 9).await, 1);
    assert_eq!((switch.status().injected, switch.status().injected_by_plan), (4, 1));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_spared_is_not_counted() {
    let switch = FaultSwitch::new();
    switch.arm(at_once(LATE, 1).max_injected(NonZeroU64::new(2).unwrap()));
    let mut service = service(&switch);
    let first = service.call(false);
    assert_ready_ok!(task::spawn(service.call(false)).poll(), "spared");
    drop(first);
    assert_pending!(task::spawn(service.call(false)).poll(), "the second of two");
    assert_eq!(switch.status().injected_by_plan, 2);
}

#[tokio::test(start_paused = true)]
async fn chance_is_asked_for_a_call_that_is_spared_too() {
    let (switch, draws) = counted(0.0);
    let half = plan(LATE, 0.5).max_active(NonZeroU32::MIN);
    switch.arm(half);
    let mut service = service(&switch);
    let _held = service.call(false);
    assert_ready_ok!(task::spawn(service.call(false)).poll());
    assert_eq!(draws.load(Ordering::Relaxed), 2, "which calls a seed hits is no matter of time");
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_is_disarmed_while_chance_is_asked_hits_nothing() {
    let known = Arc::new(OnceLock::<FaultSwitch>::new());
    let itself = Arc::clone(&known);
    let switch = FaultSwitch::with_rng(Rng::from_fn(move || {
        // Chance is foreign code: under the lock this would never return.
        itself.get().unwrap().disarm();
        0.0
    }));
    known.set(switch.clone()).unwrap();
    switch.arm(plan(ERROR, 0.5));
    assert_eq!(hits(&switch, 1).await, 0);
    assert_eq!(switch.status().injected, 0);
}

#[test]
fn threads_at_once_hit_exactly_as_many_as_they_may() {
    let switch = FaultSwitch::new();
    switch.arm(in_all(Fault::Abort, 1_000));
    let (hits, most) = (AtomicU64::new(0), AtomicU64::new(0));
    let work = || {
        let mut service = service(&switch);
        for _ in 0..1_000 {
            let refused = assert_ready!(task::spawn(service.call(false)).poll()).is_err();
            hits.fetch_add(u64::from(refused), Ordering::Relaxed);
        }
    };
    std::thread::scope(|scope| (0..4).for_each(|_| _ = scope.spawn(work)));
    assert_eq!(hits.load(Ordering::Relaxed), 1_000);
    assert_eq!((switch.status().injected, switch.status().active), (1_000, 0));

    switch.arm(at_once(Fault::Abort, 3));
    let work = || {
        let mut service = service(&switch);
        let mut kept = VecDeque::new();
        for _ in 0..20_000 {
            let call = service.call(false);
            if format!("{call:?}").contains("rejected") {
                kept.push_back(call);
            }
            most.fetch_max(switch.status().active, Ordering::Relaxed);
            // Places come back while other threads take them.
            if kept.len() > 4 || most.load(Ordering::Relaxed) == 3 {
                kept.pop_front();
            }
        }
    };
    std::thread::scope(|scope| (0..8).for_each(|_| _ = scope.spawn(work)));
    assert_eq!(most.load(Ordering::Relaxed), 3);
    assert_eq!(switch.status().active, 0, "all places are back");
}

#[test]
fn threads_that_keep_their_calls_share_the_places() {
    let switch = FaultSwitch::new();
    switch.arm(at_once(Fault::Abort, 100));
    let work = || (0..100).map(|_| service(&switch).call(false)).collect::<Vec<_>>();
    let kept: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!((switch.status().active, switch.status().injected), (100, 100));
    drop(kept);
    assert_eq!(switch.status().active, 0);
}

#[test]
fn a_plan_tells_its_bounds() {
    let free = plan(ERROR, 1.0);
    assert_eq!((free.active_limit(), free.injected_limit()), (None, None));
    let (active, injected) = (NonZeroU32::new(3).unwrap(), NonZeroU64::new(5).unwrap());
    let bound = free.max_active(active).max_injected(injected);
    assert_eq!((bound.active_limit(), bound.injected_limit()), (Some(active), Some(injected)));
}
