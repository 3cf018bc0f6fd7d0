use super::{super::Rule, *};

/// Ends the calls at once, each on a thread of its own.
fn end_at_once(breaker: &Breaker, ends: &[End], millis: u64) {
    let passes: Vec<_> = ends.iter().map(|end| (breaker.ask(millis).unwrap(), *end)).collect();
    let (first, others) = passes.split_first().expect("some calls");
    let others: Vec<_> = others
        .iter()
        .zip(1..)
        .map(|(&(pass, end), index)| {
            spawn(index, breaker, move |breaker| breaker.end(pass, end, millis))
        })
        .collect();
    breaker.end(first.0, first.1, millis);
    for other in others {
        other.join().unwrap();
    }
}

#[test]
fn of_two_failures_that_reach_the_threshold_together_one_sees_it() {
    for window in [COUNT, COUNT_PER_THREAD, TIME] {
        for rule in [
            Rule::FailureCount { failures: 2 },
            Rule::ConsecutiveFailures { failures: 2 },
            Rule::FailureRatio { failures: 2, of: 3 },
        ] {
            explore_in_one_order(2, 300, move || {
                let breaker = Breaker::new(config(window).rules([rule]));
                end_at_once(&breaker, &[End::Failed, End::Failed], 0);
                assert_eq!(breaker.state(), State::Open);
            });
        }
    }
}

#[test]
fn the_success_that_completes_the_minimum_is_not_missed() {
    for window in [COUNT, COUNT_PER_THREAD, TIME] {
        for ends in [[End::Failed, End::Succeeded], [End::Succeeded, End::Failed]] {
            explore_in_one_order(2, 60, move || {
                let rule = Rule::FailureRate { rate: Ratio::percent(50) };
                let breaker = Breaker::new(config(window).rules([rule]));
                end_at_once(&breaker, &ends, 0);
                assert_eq!(breaker.state(), State::Open);
            });
        }
    }
}

#[test]
fn of_three_results_that_complete_the_minimum_one_sees_it() {
    // Three threads that each begin a shard meet in very many orders.
    for (window, switches, at_least) in
        [(COUNT, 2, 2_000), (COUNT_PER_THREAD, 1, 500), (TIME, 2, 2_000)]
    {
        explore_in_one_order(switches, at_least, move || {
            let rule = Rule::FailureRate { rate: Ratio::percent(33) };
            let breaker = Breaker::new(config(window).rules([rule]).min_calls(3));
            end_at_once(&breaker, &[End::Succeeded, End::Failed, End::Succeeded], 0);
            assert_eq!(breaker.state(), State::Open);
        });
    }
}

#[test]
fn a_watch_that_ends_while_a_failure_comes_misses_nothing() {
    explore_in_one_order(2, 400, || {
        let rule = Rule::FailureRate { rate: Ratio::percent(50) };
        let breaker = Breaker::new(config(TIME).rules([rule]));
        // One failure is watched, and has left the window when the next results come.
        breaker.call(End::Failed, 0);
        assert!(breaker.0.gate.look(crate::sync::Ordering::SeqCst).is_watched());
        end_at_once(&breaker, &[End::Succeeded, End::Failed], 200);
        assert_eq!(breaker.state(), State::Open);
    });
}
