//! What a layer costs whose switch hits nothing.

use super::*;
use crate::{layers::fault::switch::tests::locks_of, time::tests::reads_of};

/// The draws, clock reads and locks of one call to a layer with that switch.
fn costs_of(switch: &FaultSwitch, draws: &AtomicU32) -> impl FnMut() -> (u32, u32, u32) {
    let answer = service_fn(|(): ()| std::future::ready(Ok::<_, BoxError>(())));
    let service = FaultLayer::new(NAME, switch.clone()).layer(answer);
    move || {
        let before = draws.load(Ordering::Relaxed);
        let (mut reads, mut locks) = (0, 0);
        locks += locks_of(|| {
            reads += reads_of(|| {
                assert_ready_ok!(task::spawn(service.clone().oneshot(())).poll());
            });
        });
        (draws.load(Ordering::Relaxed) - before, reads, locks)
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_layer_draws_nothing_reads_no_clock_and_takes_no_lock() {
    let (switch, draws) = counted(1.0);
    let mut costs = costs_of(&switch, &draws);
    assert_eq!(costs(), (0, 0, 0), "never armed");

    switch.arm(plan(ERROR, 0.5));
    assert_eq!(costs(), (1, 1, 1), "the counters count");

    switch.disarm();
    assert_eq!(costs(), (0, 0, 0), "disarmed");
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_is_over_leaves_the_layer_idle() {
    let (switch, draws) = counted(1.0);
    let mut costs = costs_of(&switch, &draws);
    switch.arm(plan(ERROR, 0.5));
    advance(MINUTE).await;
    let (draws, reads, locks) = costs();
    assert_eq!((draws, locks), (0, 1), "the first call finds it expired");
    // The log of changes, if another test has asked for it, notes the time of the end.
    assert!((1..=2).contains(&reads));
    assert_eq!(costs(), (0, 0, 0));

    switch.arm(plan(ERROR, 1.0).max_injected(NonZeroU64::MIN));
    assert_eq!(hits(&switch, 1).await, 1);
    assert_eq!(costs(), (0, 0, 0), "spent");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_hit_draws_nothing() {
    let (switch, draws) = counted(0.0);
    let mut costs = costs_of(&switch, &draws);
    switch.arm(plan(Fault::Latency { delay: Duration::ZERO }, 0.5));
    assert_eq!(costs().0, 0, "a delay of zero");
    switch.arm(plan(ERROR, 0.5).path_prefix("/users"));
    assert_eq!(costs().0, 0, "a request without a path");
}
