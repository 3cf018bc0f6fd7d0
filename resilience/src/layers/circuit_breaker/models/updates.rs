use super::{super::Rule, *};
use crate::window::Counts;

fn failures(failures: u32, window: Window) -> ConfigBuilder {
    config(window).rules([Rule::FailureCount { failures }])
}

fn update(breaker: &Breaker, config: ConfigBuilder) {
    let config = Arc::new(config.build().unwrap());
    let Ok(()) =
        breaker.0.update::<std::convert::Infallible>(|_| Ok(Arc::clone(&config)), breaker.at(0));
}

#[test]
fn a_lower_threshold_and_the_result_that_reaches_it_open_whichever_is_first() {
    for window in [COUNT, COUNT_PER_THREAD, TIME] {
        explore(2, 50, move || {
            let breaker = Breaker::new(failures(3, window));
            breaker.call(End::Failed, 0);
            let pass = breaker.ask(0).unwrap();
            let second = spawn(1, &breaker, move |breaker| breaker.end(pass, End::Failed, 0));
            update(&breaker, failures(2, window));
            second.join().unwrap();
            assert_eq!(breaker.state(), State::Open);
        });
    }
}

#[test]
fn a_result_of_a_call_from_before_another_window_is_not_in_it() {
    for window in [COUNT, COUNT_PER_THREAD, TIME] {
        explore(2, 50, move || {
            let breaker = Breaker::new(failures(2, window));
            let pass = breaker.ask(0).unwrap();
            let late = spawn(1, &breaker, move |breaker| breaker.end(pass, End::Failed, 0));
            update(&breaker, failures(2, Window::Count { size: 7 }));
            breaker.call(End::Failed, 0);
            late.join().unwrap();
            assert_eq!(breaker.state(), State::Closed, "one failure is not two");
            let counts = breaker.0.with_ledger(|ledger| ledger.counts(1, || breaker.at(0)));
            assert_eq!(counts, Counts { total: 1, failed: 1, slow: 0 });
        });
    }
}

#[test]
fn who_passes_while_the_window_is_exchanged_is_counted_in_the_one_that_goes_or_that_comes() {
    explore(2, 50, || {
        let breaker = Breaker::new(failures(2, COUNT));
        let other = spawn(1, &breaker, |breaker| {
            let pass = breaker.ask(0).unwrap();
            breaker.end(pass, End::Failed, 0);
            pass.epoch
        });
        update(&breaker, failures(2, Window::Count { size: 7 }));
        let epoch = other.join().unwrap();
        let counts = breaker.0.with_ledger(|ledger| ledger.counts(1, || breaker.at(0)));
        assert_eq!(counts.failed, epoch, "those of the second epoch are in the second window");
    });
}
