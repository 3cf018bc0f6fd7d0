use super::{super::Rule, *};
use crate::error::Reason;

/// What a caller at the start of the clock is told, by the number of the state that says so.
fn told(breaker: &Breaker, answers: &[Answer]) -> u64 {
    let answer = match breaker.ask(0) {
        Ok(pass) => {
            assert!(!pass.is_probe);
            (None, None)
        }
        Err(rejected) => {
            let at = rejected.retry_at().map(|at| (at - breaker.0.origin).as_millis());
            (Some(rejected.reason()), at)
        }
    };
    let known = answers.iter().position(|known| *known == answer);
    known.unwrap_or_else(|| panic!("no state says {answer:?}")) as u64
}

type Answer = (Option<Reason>, Option<u128>);

/// Moves a breaker with `moves` while somebody asks twice: each answer is that of one state, and
/// the second is not of an earlier one.
fn ask_during(
    config: impl Fn() -> ConfigBuilder + Send + Sync + 'static,
    moves: fn(&Breaker),
    answers: &'static [Answer],
) {
    explore(2, 10_000, move || {
        let breaker = Breaker::new(config());
        let asking = spawn(1, &breaker, |breaker| (told(breaker, answers), told(breaker, answers)));
        moves(&breaker);
        let (first, second) = asking.join().unwrap();
        assert!(first <= second, "{first} and then {second}");
        assert_eq!(told(&breaker, answers), answers.len() as u64 - 1);
    });
}

const FAILURE: Rule = Rule::FailureCount { failures: 1 };

fn open() -> ConfigBuilder {
    config(COUNT).rules([FAILURE]).initial_state(State::Open)
}

#[test]
fn a_refusal_tells_of_one_state_while_probes_come_and_fail() {
    let moves = |breaker: &Breaker| {
        let probe = breaker.ask(10).unwrap();
        breaker.end(probe, End::Failed, 12);
    };
    ask_during(
        || open().half_open_for(Duration::from_millis(7)),
        moves,
        &[
            (Some(Reason::CircuitOpen), Some(10)),
            (Some(Reason::ProbesTaken), None),
            (Some(Reason::CircuitOpen), Some(32)),
        ],
    );
}

#[test]
fn a_refusal_tells_of_one_state_while_a_probe_succeeds() {
    let moves = |breaker: &Breaker| {
        let probe = breaker.ask(10).unwrap();
        breaker.end(probe, End::Succeeded, 12);
    };
    ask_during(
        || open().half_open_for(Duration::from_millis(7)),
        moves,
        &[(Some(Reason::CircuitOpen), Some(10)), (Some(Reason::ProbesTaken), None), (None, None)],
    );
}

#[test]
fn a_refusal_tells_of_one_state_while_a_hand_moves_the_breaker() {
    let moves = |breaker: &Breaker| {
        breaker.make(Move::ForceOpen, 0);
        breaker.make(Move::OpenFor(Duration::from_millis(30)), 0);
        breaker.make(Move::OpenFor(Duration::from_millis(40)), 0);
    };
    ask_during(
        open,
        moves,
        &[
            (Some(Reason::CircuitOpen), Some(10)),
            (Some(Reason::CircuitOpen), None),
            (Some(Reason::CircuitOpen), Some(30)),
            (Some(Reason::CircuitOpen), Some(40)),
        ],
    );
}

#[test]
fn nobody_is_refused_while_a_half_open_breaker_with_a_free_place_closes() {
    explore(2, 300, || {
        let breaker = Breaker::new(open());
        breaker.make(Move::HalfOpen, 0);
        let asking = spawn(1, &breaker, |breaker| breaker.ask(0));
        breaker.make(Move::Close, 0);
        assert!(asking.join().unwrap().is_ok(), "neither state refuses");
    });
}
