use std::pin::Pin;

use tokio_test::task;

use super::{super::Rule, *};

/// Open until `OPEN_FOR`, and then half-open for so many probes.
fn open(calls: u32) -> Breaker {
    let half_open = HalfOpen::PermittedCalls { calls };
    Breaker::new(config(COUNT).rules([FAILURE]).half_open(half_open).initial_state(State::Open))
}

const FAILURE: Rule = Rule::FailureCount { failures: 1 };

type Waiter = task::Spawn<Pin<Box<dyn Future<Output = Pass>>>>;

/// Someone who waits for a place, asked once.
fn wait(breaker: &Breaker) -> (Waiter, Option<Pass>) {
    let shared = Arc::clone(&breaker.0);
    let mut waiter: Waiter = task::spawn(Box::pin(async move { shared.acquire_in_turn().await }));
    let pass = match waiter.poll() {
        std::task::Poll::Ready(pass) => Some(pass),
        std::task::Poll::Pending => None,
    };
    (waiter, pass)
}

/// What a waiter gets that was woken and asks again.
fn again(waiter: &mut Waiter) -> Option<Pass> {
    match waiter.poll() {
        std::task::Poll::Ready(pass) => Some(pass),
        std::task::Poll::Pending => None,
    }
}

#[test]
fn there_are_never_more_probes_than_places_and_never_fewer_with_so_many_callers() {
    for (calls, preemptions) in [(1, 2), (2, 1)] {
        explore(preemptions, 3_000, move || {
            let breaker = open(calls);
            let others =
                [1, 2].map(|index| spawn(index, &breaker, |breaker| breaker.ask(OPEN_FOR)));
            let mine = breaker.ask(OPEN_FOR);
            let others = others.map(|other| other.join().unwrap());
            let probes = others.iter().chain([&mine]).filter(|pass| pass.is_ok()).count();
            assert_eq!(probes, calls as usize);
        });
    }
}

#[test]
fn a_place_given_back_is_not_lost_and_not_given_twice() {
    explore(3, 8_000, || {
        let breaker = open(1);
        let probe = breaker.ask(OPEN_FOR).unwrap();
        let ending =
            spawn(1, &breaker, move |breaker| breaker.end(probe, End::Cancelled, OPEN_FOR));
        let asking = spawn(2, &breaker, |breaker| breaker.ask(OPEN_FOR).is_ok());
        let mine = breaker.ask(OPEN_FOR).is_ok();
        ending.join().unwrap();
        let theirs = asking.join().unwrap();
        assert!(!(mine && theirs), "there is one place");
        assert_eq!(breaker.ask(OPEN_FOR).is_ok(), !(mine || theirs));
    });
}

#[test]
fn a_probe_of_an_earlier_period_frees_no_place_of_a_later_one() {
    explore(3, 300, || {
        let breaker = open(1);
        let probe = breaker.ask(OPEN_FOR).unwrap();
        let late = spawn(1, &breaker, move |breaker| breaker.end(probe, End::Cancelled, OPEN_FOR));
        breaker.make(Move::OpenFor(Duration::from_millis(OPEN_FOR)), OPEN_FOR);
        let second = breaker.ask(2 * OPEN_FOR);
        late.join().unwrap();
        assert!(second.is_ok(), "the new period has its place");
        assert!(breaker.ask(2 * OPEN_FOR).is_err(), "and only that");
    });
}

#[test]
fn who_waits_is_woken_when_a_place_gets_free() {
    explore(3, 40, || {
        let breaker = open(1);
        let probe = breaker.ask(OPEN_FOR).unwrap();
        let ending =
            spawn(1, &breaker, move |breaker| breaker.end(probe, End::Cancelled, OPEN_FOR));
        let (mut waiter, mut pass) = wait(&breaker);
        ending.join().unwrap();
        if pass.is_none() {
            assert!(waiter.is_woken(), "the place is free");
            pass = again(&mut waiter);
        }
        assert!(pass.is_some_and(|pass| pass.is_probe));
    });
}

#[test]
fn of_two_that_wait_each_has_its_turn() {
    explore(2, 300, || {
        let breaker = open(1);
        let probe = breaker.ask(OPEN_FOR).unwrap();
        let other = spawn(2, &breaker, wait);
        let ending =
            spawn(1, &breaker, move |breaker| breaker.end(probe, End::Cancelled, OPEN_FOR));
        let mine = wait(&breaker);
        ending.join().unwrap();
        let mut waiting = [mine, other.join().unwrap()];
        for _turn in 0..2 {
            let holds = |waiting: &[(Waiter, Option<Pass>); 2]| {
                waiting.iter().position(|(_, pass)| pass.is_some())
            };
            if holds(&waiting).is_none() {
                let woken = waiting.iter_mut().find(|(waiter, _)| waiter.is_woken());
                let (waiter, pass) = woken.expect("the place is free and somebody waits for it");
                *pass = again(waiter);
            }
            let holder = holds(&waiting).expect("a woken waiter gets the free place");
            let pass = waiting[holder].1.take().expect("found above");
            breaker.end(pass, End::Cancelled, OPEN_FOR);
        }
    });
}

#[test]
fn who_waits_is_woken_by_a_change_of_state() {
    explore(3, 100, || {
        let breaker = open(1);
        let _probe = breaker.ask(OPEN_FOR).unwrap();
        let closing = spawn(1, &breaker, |breaker| breaker.make(Move::Close, OPEN_FOR));
        let (mut waiter, mut pass) = wait(&breaker);
        closing.join().unwrap();
        if pass.is_none() {
            assert!(waiter.is_woken(), "the breaker is closed");
            pass = again(&mut waiter);
        }
        assert!(pass.is_some());
    });
}
