use std::time::Duration;

use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok, task};
use tower_service::Service;

use super::panic_of;
use crate::test_util::{Answer, Script};

type Answers = Vec<Answer<u32, &'static str>>;

fn script(answers: Answers) -> Script<&'static str, u32, &'static str> {
    Script::new(answers)
}

#[test]
fn answers_come_in_order_and_the_requests_are_kept() {
    let mut script = Script::new([Ok(1), Err("down")]);
    assert_eq!(assert_ready_ok!(task::spawn(script.call("a")).poll()), 1);
    assert_eq!(script.unused(), 1);
    assert_eq!(assert_ready_err!(task::spawn(script.call("b")).poll()), "down");
    assert_eq!(script.requests(), ["a", "b"]);
    assert_eq!((script.calls(), script.unused(), script.dropped()), (2, 0, 0));
}

#[test]
fn a_call_beyond_the_list_panics_and_names_what_was_expected() {
    let script = script(vec![Answer::ok(1)]);
    let mut other = script.clone();
    drop(other.call("a"));
    assert_eq!(
        panic_of(|| drop(other.call("b"))),
        "script: at most 1 calls were expected, and this is call 2, of clone 1; list another \
         answer, or say with `then` what follows",
    );
}

#[test]
fn the_rest_is_answered_by_the_function_for_all_clones() {
    let mut first = Script::<_, _, &str>::new([Ok(1)]);
    let mut second = first.clone().then(|| Answer::ok(2));
    for (service, answer) in [(&mut second, 1), (&mut first, 2)] {
        assert_eq!(assert_ready_ok!(task::spawn(service.call(())).poll()), answer);
    }
}

#[test]
fn each_clone_has_a_number_and_is_told_apart() {
    let mut first = script(vec![Answer::ok(1), Answer::ok(2), Answer::ok(3)]);
    let mut second = first.clone();
    let mut third = second.clone();
    for service in [&mut third, &mut first, &mut second] {
        drop(service.call("x"));
    }
    assert_eq!(first.instances(), [2, 0, 1]);
    assert_eq!((first.instance(), second.instance(), third.instance()), (0, 1, 2));
}

#[test]
fn what_runs_is_in_flight_and_what_is_dropped_early_is_counted() {
    let mut script = script(vec![Answer::never(), Answer::never(), Answer::ok(1)]);
    let mut hanging = task::spawn(script.call("a"));
    assert_pending!(hanging.poll());
    let unpolled = script.call("b");
    assert_eq!(script.in_flight(), 2);
    drop((hanging, unpolled));
    let mut answered = task::spawn(script.call("c"));
    assert_ready_ok!(answered.poll());
    assert_eq!(script.in_flight(), 0, "an answered call has ended though its future is kept");
    assert_eq!((script.most_in_flight(), script.dropped()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_delay_counts_from_the_call() {
    const DELAY: Duration = Duration::from_millis(20);
    let mut script = script(vec![Answer::ok(1).after(DELAY)]);
    let mut call = task::spawn(script.call("a"));
    advance(Duration::from_millis(19)).await;
    assert_pending!(call.poll(), "1 ms is left");
    advance(Duration::from_millis(1)).await;
    assert!(call.is_woken());
    assert_eq!(assert_ready_ok!(call.poll()), 1);
}

#[tokio::test(start_paused = true)]
async fn a_panic_comes_in_the_call_or_in_the_future_as_scripted() {
    let late = Answer::panic_in_future().after(Duration::from_millis(1));
    let mut script = script(vec![Answer::panic_in_call(), Answer::panic_in_future(), late]);
    assert_eq!(panic_of(|| drop(script.call("a"))), "scripted panic in call");

    let mut call = task::spawn(script.call("b"));
    assert_eq!(script.in_flight(), 1);
    assert_eq!(panic_of(|| call.poll()), "scripted panic in the future");

    let mut call = task::spawn(script.call("c"));
    assert_pending!(call.poll());
    advance(Duration::from_millis(1)).await;
    assert_eq!(panic_of(|| call.poll()), "scripted panic in the future");
    assert_eq!((script.calls(), script.in_flight(), script.dropped()), (3, 0, 0));
}

#[test]
fn an_answer_is_given_once() {
    let mut script = script(vec![Answer::ok(1)]);
    let mut call = task::spawn(script.call("a"));
    assert_ready_ok!(call.poll());
    assert_eq!(panic_of(|| call.poll()), "a scripted answer is polled to its end once");
}
