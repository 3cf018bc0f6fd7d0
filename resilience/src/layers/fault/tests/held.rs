//! Services that are kept from being ready.

use std::task::Poll;

use tower::Service;

use super::*;

const HOLDS: Fault = Fault::ReadinessStall;

type Answers = task::Spawn<crate::fault::FaultService<Answer>>;

/// Is ready at once, and says so many times that it is not before.
#[derive(Clone, Copy)]
struct Answer {
    busy: u32,
}

impl Service<()> for Answer {
    type Response = ();
    type Error = BoxError;
    type Future = std::future::Ready<Result<(), BoxError>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<Result<(), BoxError>> {
        if self.busy == 0 {
            return Poll::Ready(Ok(()));
        }
        self.busy -= 1;
        Poll::Pending
    }

    fn call(&mut self, (): ()) -> Self::Future {
        std::future::ready(Ok(()))
    }
}

fn service(switch: &FaultSwitch) -> Answers {
    task::spawn(FaultLayer::new(NAME, switch.clone()).layer(Answer { busy: 0 }))
}

fn is_ready(service: &mut Answers) -> bool {
    service.enter(|cx, mut service| service.poll_ready(cx)).is_ready()
}

fn call(service: &mut Answers) {
    drop(service.enter(|_, mut service| service.call(())));
}

#[tokio::test(start_paused = true)]
async fn a_service_is_not_ready_until_the_fault_is_disarmed() {
    let switch = FaultSwitch::new();
    let mut service = service(&switch);
    assert!(is_ready(&mut service));
    switch.arm(plan(HOLDS, 1.0));
    assert!(!is_ready(&mut service) && !is_ready(&mut service));
    let status = switch.status();
    assert_eq!((status.active, status.injected), (1, 1));
    assert!(!service.is_woken());
    switch.disarm();
    assert!(service.is_woken());
    assert!(is_ready(&mut service));
    assert_eq!(switch.status().active, 0);
}

#[tokio::test(start_paused = true)]
async fn it_is_ready_when_the_fault_expires_and_has_the_end_told() {
    let switch = FaultSwitch::new();
    let mut service = service(&switch);
    switch.arm(plan(HOLDS, 1.0));
    assert!(!is_ready(&mut service));
    advance(MINUTE.checked_sub(Duration::from_millis(1)).unwrap()).await;
    assert!(!service.is_woken() && !is_ready(&mut service));
    advance(Duration::from_millis(1)).await;
    assert!(service.is_woken() && is_ready(&mut service));
    assert!(switch.signal() == Signal::IDLE, "nobody else has looked");
    assert_eq!(switch.status().active, 0);
}

#[tokio::test(start_paused = true)]
async fn another_fault_in_its_place_decides_anew() {
    let switch = FaultSwitch::new();
    let mut service = service(&switch);
    switch.arm(plan(HOLDS, 1.0));
    assert!(!is_ready(&mut service));
    switch.arm(plan(HOLDS, 1.0));
    assert!(service.is_woken() && !is_ready(&mut service), "held by the next one");
    assert_eq!((switch.status().active, switch.status().injected), (1, 2));
    switch.arm(plan(HOLDS, 0.0));
    assert!(service.is_woken() && is_ready(&mut service));
    switch.arm(plan(HOLDS, 1.0));
    assert!(!is_ready(&mut service));
    switch.arm(plan(ERROR, 1.0));
    assert!(service.is_woken() && is_ready(&mut service));
    assert_eq!(switch.status().active, 0);
}

#[tokio::test(start_paused = true)]
async fn a_fault_that_is_spent_holds_whom_it_has_until_its_time_is_over_or_it_is_disarmed() {
    let switch = FaultSwitch::new();
    let once = || plan(HOLDS, 1.0).max_injected(NonZeroU64::MIN);
    let mut held = service(&switch);
    switch.arm(once());
    assert!(!is_ready(&mut held));
    assert_eq!(switch.status().armed, None);
    assert!(is_ready(&mut service(&switch)), "no other is hit");
    assert!(!held.is_woken() && !is_ready(&mut held));
    advance(MINUTE).await;
    assert!(held.is_woken() && is_ready(&mut held));

    switch.arm(once());
    assert!(!is_ready(&mut held));
    switch.disarm();
    assert!(held.is_woken() && is_ready(&mut held));
}

#[tokio::test(start_paused = true)]
async fn a_clone_begins_free_and_a_drop_gives_the_place_back() {
    let switch = FaultSwitch::new();
    let mut held = service(&switch);
    switch.arm(plan(HOLDS, 1.0).max_active(NonZeroU32::MIN));
    assert!(!is_ready(&mut held));
    let mut clone = task::spawn(crate::fault::FaultService::clone(&held));
    assert!(is_ready(&mut clone), "the one place is taken");
    call(&mut clone);
    drop(held);
    assert_eq!(switch.status().active, 0);
    assert!(!is_ready(&mut clone), "before its next call");
}

#[tokio::test(start_paused = true)]
async fn chance_is_asked_once_before_each_call() {
    let (switch, draws) = counted(0.9);
    switch.arm(plan(HOLDS, 0.5));
    let layer = FaultLayer::new(NAME, switch.clone());
    let mut service = task::spawn(layer.layer(Answer { busy: 2 }));
    assert!(!is_ready(&mut service) && !is_ready(&mut service) && is_ready(&mut service));
    assert_eq!(draws.load(Ordering::Relaxed), 1, "however often it is polled");
    call(&mut service);
    assert!(is_ready(&mut service));
    assert_eq!(draws.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn a_seed_fixes_which_are_held() {
    let run = || {
        let switch = FaultSwitch::with_rng(Rng::seeded(5));
        switch.arm(plan(HOLDS, 0.3));
        (0..200).map(|_| !is_ready(&mut service(&switch))).collect::<Vec<_>>()
    };
    let held = run();
    assert_eq!(held, run());
    assert!((30..90).contains(&held.iter().filter(|is_held| **is_held).count()));
}

#[tokio::test(start_paused = true)]
async fn calls_are_left_alone() {
    let switch = FaultSwitch::new();
    let mut service = service(&switch);
    assert!(is_ready(&mut service));
    switch.arm(plan(HOLDS, 1.0));
    let answer = service.enter(|_, mut service| service.call(()));
    assert_ready_ok!(task::spawn(answer).poll(), "it was ready before");
}

#[test]
fn a_fault_that_sees_no_request_takes_no_conditions() {
    let some = crate::fault::Whom::all().method("GET");
    let error = plan(HOLDS, 1.0).only(some.clone()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "fault is readiness_stall, but must be a fault of calls or bodies, where a plan has \
         conditions"
    );
    plan(HOLDS, 1.0).only(crate::fault::Whom::all()).unwrap();
    plan(ERROR, 1.0).only(some).unwrap();
    let switch = FaultSwitch::new();
    switch.arm(plan(HOLDS, 1.0).path_prefix("/users"));
    assert!(is_ready(&mut service(&switch)));
}
