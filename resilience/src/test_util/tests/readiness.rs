use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok, task};
use tower_service::Service;

use super::panic_of;
use crate::test_util::{Answer, Probe, Readiness, Script};

type Scripted = Script<u32, u32, &'static str>;

fn script() -> Scripted {
    Script::always(|| Answer::ok(1))
}

type Probed = task::Spawn<Probe<Scripted, &'static str>>;

fn probe(readiness: &Readiness<&'static str>) -> Probed {
    task::spawn(readiness.probe(script()))
}

fn poll_ready(probe: &mut Probed) -> std::task::Poll<Result<(), &'static str>> {
    probe.enter(|cx, mut service| service.poll_ready(cx))
}

#[test]
fn the_instance_that_reported_ready_can_be_called_once() {
    let readiness = Readiness::ready();
    let mut service = probe(&readiness);
    assert_ready_ok!(poll_ready(&mut service));
    assert_eq!(readiness.reserved(), 1);
    assert_ready_ok!(task::spawn(service.call(1)).poll());
    assert_eq!(readiness.reserved(), 0);
    let message = panic_of(|| drop(service.call(2)));
    assert_eq!(message, "probe: clone 0 was called and had not reported ready; ready are []");
}

#[test]
fn a_clone_starts_not_ready_and_its_call_names_who_is() {
    let readiness = Readiness::ready();
    let mut service = probe(&readiness);
    assert_ready_ok!(poll_ready(&mut service));
    let mut clone = Probe::clone(&service);
    let message = panic_of(|| drop(clone.call(1)));
    assert_eq!(message, "probe: clone 1 was called and had not reported ready; ready are [0]");
    assert_ready_ok!(task::spawn(service.call(1)).poll());
}

#[test]
fn a_drop_gives_the_reservation_and_the_waker_back() {
    let readiness = Readiness::ready();
    let (mut ready, mut waiting) = (probe(&readiness), probe(&readiness));
    assert_ready_ok!(poll_ready(&mut ready));
    readiness.hold();
    assert_pending!(poll_ready(&mut waiting));
    assert_ready_ok!(poll_ready(&mut ready), "what is reserved stays so");
    assert_eq!((readiness.reserved(), readiness.waiting(), readiness.polls()), (1, 1, 3));
    drop((ready, waiting));
    assert_eq!((readiness.reserved(), readiness.waiting()), (0, 0));
}

#[test]
fn a_release_wakes_the_newest_waker_of_each_instance() {
    let readiness = Readiness::pending();
    let (mut one, mut other) = (probe(&readiness), probe(&readiness));
    let mut elsewhere = task::spawn(());
    assert_pending!(poll_ready(&mut one));
    assert_pending!(elsewhere.enter(|cx, _| one.poll_ready(cx)));
    assert_pending!(poll_ready(&mut other));
    assert!(!elsewhere.is_woken() && !other.is_woken());
    readiness.release();
    assert!(elsewhere.is_woken() && other.is_woken());
    assert!(!one.is_woken(), "it was polled from elsewhere since");
    assert_eq!(readiness.reserved(), 0, "who was woken has to ask");
    assert_ready_ok!(poll_ready(&mut one));
}

#[test]
fn a_failure_wakes_is_told_once_and_ends_a_reservation() {
    let readiness = Readiness::ready();
    let mut service = probe(&readiness);
    assert_ready_ok!(poll_ready(&mut service));
    readiness.fail("closed");
    assert_eq!(assert_ready_err!(poll_ready(&mut service)), "closed");
    assert_eq!(readiness.reserved(), 0);

    readiness.hold();
    assert_pending!(poll_ready(&mut service));
    readiness.fail("closed");
    assert!(service.is_woken());
    assert_eq!(assert_ready_err!(poll_ready(&mut service)), "closed");
    assert_pending!(poll_ready(&mut service));
}

#[test]
fn the_service_inside_is_asked_too() {
    let (outer, inner) = (Readiness::ready(), Readiness::pending());
    let mut service = task::spawn(outer.probe(inner.probe(script())));
    assert_pending!(service.enter(|cx, mut service| service.poll_ready(cx)));
    assert_eq!((outer.reserved(), inner.waiting()), (0, 1));
    inner.release();
    assert!(service.is_woken());
    assert_ready_ok!(service.enter(|cx, mut service| service.poll_ready(cx)));
    assert_eq!((outer.reserved(), inner.reserved()), (1, 1));
}
