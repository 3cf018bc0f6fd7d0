use super::{super::Rule, *};
use crate::window::Counts;

fn two_failures(window: Window) -> ConfigBuilder {
    config(window)
        .rules([Rule::FailureCount { failures: 2 }, Rule::ConsecutiveFailures { failures: 2 }])
}

#[test]
fn a_result_of_an_earlier_epoch_changes_nothing_in_a_later_one() {
    for window in [COUNT, COUNT_PER_THREAD, TIME] {
        explore(2, 200, move || {
            let breaker = Breaker::new(two_failures(window));
            let pass = breaker.ask(0).unwrap();
            let late = spawn(1, &breaker, move |breaker| breaker.end(pass, End::Failed, 0));
            breaker.make(Move::Reset, 0);
            breaker.call(End::Failed, 0);
            late.join().unwrap();
            assert_eq!(breaker.state(), State::Closed, "one failure is not two");
            let ledger = breaker.0.first_ledger();
            let counts = ledger.counts(1, || breaker.at(0));
            assert_eq!(counts, Counts { total: 1, failed: 1, slow: 0 });
            assert_eq!(ledger.run(1), 1);
        });
    }
}

#[test]
fn a_rule_that_was_met_before_a_reset_opens_nothing_after_it() {
    for window in [COUNT, COUNT_PER_THREAD, TIME] {
        explore(2, 50, move || {
            let breaker = Breaker::new(two_failures(window));
            breaker.call(End::Failed, 0);
            let pass = breaker.ask(0).unwrap();
            let second = spawn(1, &breaker, move |breaker| breaker.end(pass, End::Failed, 0));
            breaker.make(Move::Reset, 0);
            second.join().unwrap();
            assert_eq!(breaker.state(), State::Closed);
        });
    }
}

#[test]
fn a_breaker_that_was_opened_by_two_at_once_was_opened_once() {
    for window in [COUNT, COUNT_PER_THREAD, TIME] {
        explore(1, 5_000, move || {
            let breaker = Breaker::new(two_failures(window));
            let passes = [(); 3].map(|()| breaker.ask(0).unwrap());
            let others = [1, 2].map(|index| {
                let pass = passes[index];
                spawn(index, &breaker, move |breaker| breaker.end(pass, End::Failed, 0))
            });
            breaker.end(passes[0], End::Failed, 0);
            for other in others {
                other.join().unwrap();
            }
            let machine = breaker.0.lock();
            assert_eq!((machine.phase().state(), machine.epoch()), (State::Open, 1));
        });
    }
}

#[test]
fn who_sees_a_closed_breaker_finds_its_window_empty_and_is_counted() {
    for window in [COUNT, COUNT_PER_THREAD, TIME] {
        explore(2, 100, move || {
            let breaker = Breaker::new(two_failures(window));
            breaker.call(End::Failed, 0);
            let other = spawn(1, &breaker, |breaker| {
                let pass = breaker.ask(0).unwrap();
                breaker.end(pass, End::Failed, 0);
                pass.epoch
            });
            breaker.make(Move::Reset, 0);
            let epoch = other.join().unwrap();
            let counted = breaker.0.first_ledger().counts(1, || breaker.at(0)).total;
            match (epoch, breaker.state()) {
                (0, State::Open) => {}
                (0, State::Closed) => assert_eq!(counted, 0),
                (1, State::Closed) => assert_eq!(counted, 1),
                other => panic!("{other:?}"),
            }
        });
    }
}
