use std::{collections::BTreeMap, num::NonZeroU64, time::Duration};

use kit::state::ServiceState;
use resilience::wire::{
    ArmFault, BreakerState, CircuitState, FaultKind, FaultStatus, PolicyState, TransitionState,
};
use uuid::Uuid;

use super::{Answer, Failed, Health, Log, Reading, Totals, Watched, What};
use CircuitState::{Closed, HalfOpen, Open};

const fn ms(at: u64) -> Duration {
    Duration::from_millis(at)
}

/// The order service's answer after `calls` calls, of which `failed` failed.
fn answer(calls: u64, failed: u64) -> Answer {
    let totals = Totals { calls, failed, ..Totals::default() };
    let peers = BTreeMap::from([("user".to_owned(), totals.clone())]);
    Answer {
        state: ServiceState {
            service: "order".into(),
            variant: Some("guarded".into()),
            pid: 7,
            run: Uuid::nil(),
            up_for: ms(60_000),
            limits: serde_json::Value::Null,
            policies: Vec::new(),
            fault: None,
        },
        ready: Ok(()),
        reading: Some(Reading { at: ms(0), calls: totals, peers }),
        at: ms(0),
        took: ms(2),
    }
}

fn breaker(policy: &str, state: CircuitState, transitions: &[(u64, CircuitState)]) -> PolicyState {
    let transition = |(ago, to): &(u64, CircuitState)| TransitionState {
        from: if *to == Open { Closed } else { Open },
        to: *to,
        reason: "failure_rate".into(),
        ago: ms(*ago),
    };
    PolicyState::CircuitBreaker(BreakerState {
        policy: policy.into(),
        state,
        in_state_for: ms(0),
        time_left: None,
        open_for: None,
        calls: 10,
        failed: 1,
        slow: 0,
        slow_running: 0,
        refused: 0,
        failures_in_a_row: 0,
        free_probes: 0,
        thresholds: Vec::new(),
        transitions: transitions.iter().map(transition).collect(),
    })
}

/// Polls at the given times; returns what is known and what happened.
fn watch(polls: Vec<(u64, Result<Answer, Failed>)>) -> (Watched, Log) {
    let (mut watched, mut log) = (Watched::new("order-guarded".into()), Log::default());
    for (at, mut answer) in polls {
        if let Ok(answer) = &mut answer {
            answer.at = ms(at);
            answer.reading.as_mut().unwrap().at = ms(at);
        }
        watched.observe(ms(at), answer, &mut log);
    }
    (watched, log)
}

fn told(log: &Log, now: u64) -> Vec<What> {
    log.recent(ms(now)).into_iter().map(|event| event.what).collect()
}

fn away() -> Result<Answer, Failed> {
    Err(Failed("nobody listens there".into()))
}

#[test]
fn rates_are_differences_of_two_polls_for_the_service_and_each_peer() {
    let (watched, _) =
        watch(vec![(1_000, Ok(answer(1_000, 900))), (1_500, Ok(answer(1_050, 905)))]);
    let service = watched.service(ms(1_500));
    let calls = service.calls.unwrap();
    assert!((calls.rate - 100.0).abs() < 1e-9 && (calls.failed - 0.1).abs() < 1e-9, "{calls:?}");
    assert_eq!(service.peers[0].name, "user");
    assert_eq!(service.peers[0].attempts, Some(calls));
}

#[test]
fn one_poll_is_not_enough_for_a_rate() {
    let (watched, _) = watch(vec![(1_000, Ok(answer(1_000, 0)))]);
    assert_eq!(watched.service(ms(1_000)).calls, None);
}

#[test]
fn another_process_counts_from_nothing_and_is_told() {
    let mut second = answer(30, 0);
    let state = &mut second.state;
    (state.pid, state.run, state.up_for) = (8, Uuid::max(), ms(400));
    let (watched, log) = watch(vec![(1_000, Ok(answer(10, 0))), (1_500, Ok(second))]);
    let service = watched.service(ms(1_500));
    // 30 calls in the 400 ms since it started: more than the other had counted, and all its own.
    assert!((service.calls.unwrap().rate - 75.0).abs() < 1e-9, "{:?}", service.calls);
    assert_eq!((service.pid, service.restarts.as_slice()), (Some(8), &[1.1][..]));
    assert_eq!(told(&log, 1_500), [What::Restarted]);
}

#[test]
fn in_a_container_another_process_has_the_same_id() {
    let mut second = answer(30, 0);
    (second.state.run, second.state.up_for) = (Uuid::max(), ms(400));
    let (watched, log) = watch(vec![(1_000, Ok(answer(10, 0))), (1_500, Ok(second))]);
    assert!((watched.service(ms(1_500)).calls.unwrap().rate - 75.0).abs() < 1e-9);
    assert_eq!(told(&log, 1_500), [What::Restarted]);
}

#[test]
fn a_restart_is_told_once_although_answers_take_their_time() {
    let at_age = |age| {
        let mut answer = answer(30, 0);
        (answer.state.run, answer.state.up_for) = (Uuid::max(), ms(age));
        Ok(answer)
    };
    // 2 ms old when it is seen at 1.5 s, and 480 ms old 500 ms later.
    let polls = vec![(1_000, Ok(answer(10, 0))), (1_500, at_age(2)), (2_000, at_age(480))];
    assert_eq!(told(&watch(polls).1, 2_000), [What::Restarted]);
}

#[test]
fn a_long_silence_is_a_gap_and_no_low_rate() {
    let (watched, _) = watch(vec![
        (1_000, Ok(answer(100, 0))),
        (1_500, Ok(answer(150, 0))),
        (60_000, Ok(answer(5_000, 0))),
        (60_500, Ok(answer(5_050, 0))),
    ]);
    let seconds: Vec<_> = watched.service(ms(61_000)).history.iter().map(|p| p.second).collect();
    assert_eq!(seconds, [1, 60]);
}

#[test]
fn a_service_that_does_not_answer_is_down_until_it_does() {
    let (mut watched, mut log) = watch(vec![(1_000, Ok(answer(1, 0))), (2_000, away())]);
    let down = watched.service(ms(3_000));
    assert_eq!((down.health, down.since), (Health::Down, 2.0));
    assert_eq!((down.why.as_deref(), down.calls), (Some("nobody listens there"), None));
    assert_eq!((down.away[0].from, down.away[0].to), (2.0, 3.0));
    assert_eq!(down.title, "order guarded", "what it is called is known");
    watched.observe(ms(4_000), Ok(answer(1, 0)), &mut log);
    assert_eq!(watched.service(ms(5_000)).health, Health::Up);
    assert_eq!(told(&log, 5_000), [What::Up, What::Down { why: "nobody listens there".into() }]);
}

#[test]
fn a_service_that_never_answered_has_the_name_it_was_given() {
    let (watched, log) = watch(vec![(1_000, away())]);
    assert_eq!(watched.service(ms(1_000)).title, "order-guarded");
    assert_eq!(told(&log, 1_000).len(), 1);
}

#[test]
fn a_service_that_is_not_ready_says_why() {
    let mut locked = answer(1, 0);
    locked.ready = Err("writes: timeout".into());
    let (watched, _) = watch(vec![(1_000, Ok(locked))]);
    let service = watched.service(ms(1_000));
    assert_eq!(service.health, Health::NotReady);
    assert_eq!(service.why.as_deref(), Some("writes: timeout"));
}

#[test]
fn a_transition_is_told_once_and_drawn_at_its_time() {
    let with = |policy| Answer {
        state: ServiceState { policies: vec![policy], ..answer(1, 0).state },
        ..answer(1, 0)
    };
    let (watched, log) = watch(vec![
        (1_000, Ok(with(breaker("p", Closed, &[])))),
        (1_500, Ok(with(breaker("p", Open, &[(100, Open)])))),
        (2_000, Ok(with(breaker("p", Open, &[(603, Open)])))),
        (2_500, Ok(with(breaker("p", HalfOpen, &[(100, HalfOpen), (1_101, Open)])))),
    ]);
    assert_eq!(told(&log, 2_500).len(), 2);
    let disturbed = watched.service(ms(3_000)).disturbed.unwrap();
    let shown: Vec<_> = disturbed.iter().map(|s| (s.state, s.span.from, s.span.to)).collect();
    assert_eq!(shown, [(Open, 1.4, 2.4), (HalfOpen, 2.4, 3.0)]);
}

#[test]
fn breakers_are_listed_the_worst_first() {
    let mut many = answer(1, 0);
    many.state.policies = (0..300)
        .map(|number| breaker(&format!("{number:03}"), Closed, &[]))
        .chain([breaker("z", Open, &[])])
        .collect();
    many.state.policies.rotate_right(1);
    let (watched, _) = watch(vec![(1_000, Ok(many))]);
    let breakers = watched.service(ms(1_000)).breakers;
    assert_eq!((breakers.len(), breakers[0].policy.as_str()), (256, "z"), "and no more than that");
    assert_eq!(breakers[1].policy, "000");
}

#[test]
fn a_fault_is_told_when_it_is_armed_changed_and_over() {
    let with = |armed: Option<(f64, u64, u64)>| {
        let mut answer = answer(1, 0);
        let arm = |(rate, most, left)| ArmFault {
            max_injected: NonZeroU64::new(most),
            ..ArmFault::new(FaultKind::Error { status: 503 }, rate, ms(left))
        };
        answer.state.fault = Some(FaultStatus { armed: armed.map(arm), ..FaultStatus::default() });
        Ok(answer)
    };
    let (watched, log) = watch(vec![
        (1_000, with(None)),
        (2_000, with(Some((0.1, 0, 9_000)))),
        (3_000, with(Some((0.1, 0, 8_000)))),
        (4_000, with(Some((0.5, 0, 9_000)))),
        (4_500, with(Some((0.5, 7, 8_500)))),
        (5_000, with(None)),
    ]);
    let told = told(&log, 6_000);
    assert_eq!(told[0], What::Disarmed);
    assert_eq!(told.len(), 4, "time that passes is no news: {told:?}");
    let faults = watched.service(ms(6_000)).faults;
    assert_eq!(faults.iter().map(|span| [span.from, span.to]).collect::<Vec<_>>(), [[2.0, 5.0]]);
}

#[test]
fn peers_are_bounded() {
    let with = |calls| {
        let mut answer = answer(calls, 0);
        let totals = Totals { calls, ..Totals::default() };
        let peers = (0..100).map(|number| (format!("{number:03}"), totals.clone())).collect();
        answer.reading.as_mut().unwrap().peers = peers;
        Ok(answer)
    };
    let (watched, _) = watch(vec![(1_000, with(1)), (1_500, with(2))]);
    assert_eq!(watched.service(ms(1_500)).peers.len(), 32);
}
