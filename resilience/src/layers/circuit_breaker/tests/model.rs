//! The whole breaker against a plain model of it, over any order of calls, ends, pauses and
//! moves by hand.

use proptest::prelude::*;

use self::reference::{End, Ends, FIRST_WAIT, Held, LONGEST_WAIT, Look, Reference, Settings};
use super::*;
use crate::circuit_breaker::{CallPermit, Move};

mod reference;

#[derive(Clone, Debug)]
enum Step {
    Call,
    End(prop::sample::Index, End),
    Advance(u64),
    Make(Move),
    /// What nobody looks at must come out the same.
    Look,
}

fn half_open() -> impl Strategy<Value = HalfOpen> {
    prop_oneof![
        (1u32..5).prop_map(|calls| HalfOpen::PermittedCalls { calls }),
        (1u32..5).prop_flat_map(|of| {
            (1..=of).prop_map(move |successes| HalfOpen::Ratio { successes, of })
        }),
        (1u32..4, 1u32..4, 0u32..3).prop_map(|(successes, failures, more)| {
            let calls = Some(successes + failures - 1 + more);
            HalfOpen::Thresholds { successes, failures, calls }
        }),
    ]
}

fn settings() -> impl Strategy<Value = Settings> {
    (1usize..10, 1usize..12, 0usize..5, half_open()).prop_map(
        |(window, min_calls, in_a_row, half_open)| Settings {
            window,
            min_calls,
            in_a_row,
            half_open,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let end = prop_oneof![
        5 => Just(End::Succeeds),
        5 => Just(End::Fails),
        1 => Just(End::Ignored),
        1 => Just(End::Dropped),
    ];
    let by_hand = prop_oneof![
        Just(Move::Open),
        (1u64..3_000).prop_map(|ms| Move::OpenFor(Duration::from_millis(ms))),
        Just(Move::HalfOpen),
        Just(Move::ForceOpen),
        Just(Move::Disable),
        Just(Move::MetricsOnly),
        Just(Move::Close),
        Just(Move::Reset),
    ];
    // Waits are whole seconds: so the edges are met, too.
    let pause = prop_oneof![1u64..2_500, (1u64..9).prop_map(|seconds| seconds * 1_000)];
    prop_oneof![
        8 => Just(Step::Call),
        8 => (any::<prop::sample::Index>(), end).prop_map(|(which, end)| Step::End(which, end)),
        2 => pause.prop_map(Step::Advance),
        1 => by_hand.prop_map(Step::Make),
        4 => Just(Step::Look),
    ]
}

fn build(settings: Settings) -> CircuitBreakerHandle {
    let size = u32::try_from(settings.window).unwrap();
    let config = Config::builder()
        .window(Window::Count { size })
        .min_calls(u32::try_from(settings.min_calls).unwrap())
        .consecutive_failures(u32::try_from(settings.in_a_row).unwrap())
        .open_for(Duration::from_millis(FIRST_WAIT))
        .open_growth(2.0, Duration::from_millis(LONGEST_WAIT))
        .open_jitter(Ratio::ZERO)
        .half_open(settings.half_open);
    handle("cb-model", config)
}

fn look(breaker: &CircuitBreakerHandle) -> Look {
    let snapshot = breaker.snapshot();
    Look {
        state: snapshot.state,
        total: usize::try_from(snapshot.counts.total).unwrap(),
        failed: usize::try_from(snapshot.counts.failed).unwrap(),
        in_a_row: snapshot.failures_in_a_row as usize,
        free_probes: snapshot.free_probes as usize,
        refused: snapshot.refused,
        time_left: snapshot.time_left.map(|left| u64::try_from(left.as_millis()).unwrap()),
    }
}

fn ends(breaker: &CircuitBreakerHandle) -> Ends {
    let calls = breaker.calls();
    Ends {
        succeeded: calls.succeeded,
        failed: calls.failed,
        ignored: calls.ignored,
        cancelled: calls.cancelled,
        refused: calls.refused,
        stale: calls.stale,
    }
}

fn finish(permit: CallPermit, end: End) {
    match end {
        End::Succeeds => permit.finish(Outcome::Success),
        End::Fails => permit.finish(Outcome::Failure),
        End::Ignored => permit.finish(Outcome::Ignored),
        End::Dropped => drop(permit),
    }
}

async fn run(settings: Settings, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let breaker = build(settings);
    let heard = hear(&breaker);
    let mut model = Reference::new(settings);
    // Counters belong to the name, which all cases share.
    model.ends = ends(&breaker);
    let mut held: Vec<(CallPermit, Held)> = Vec::new();
    for step in steps.into_iter().chain([Step::Look]) {
        match step {
            Step::Call => match (breaker.try_acquire(), model.call()) {
                (Ok(permit), Some(right)) => held.push((permit, right)),
                (Err(_), None) => {}
                (is, should) => prop_assert!(false, "{is:?} and not {should:?}"),
            },
            Step::End(which, end) if !held.is_empty() => {
                let (permit, right) = held.remove(which.index(held.len()));
                finish(permit, end);
                model.end(right, end);
            }
            Step::End(..) => {}
            Step::Advance(ms) => {
                advance(Duration::from_millis(ms)).await;
                model.now += ms;
            }
            Step::Make(by_hand) => {
                breaker.apply(by_hand).unwrap();
                model.make(by_hand);
            }
            Step::Look => {
                prop_assert_eq!(look(&breaker), model.look());
                prop_assert_eq!(take(&heard), std::mem::take(&mut model.events));
                prop_assert_eq!(ends(&breaker), model.ends);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_order_of_calls_ends_pauses_and_moves_leads_where_the_model_says(
        settings in settings(),
        steps in prop::collection::vec(step(), 0..150),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(run(settings, steps))?;
    }
}
