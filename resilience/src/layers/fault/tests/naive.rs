//! A switch with its plans against a naive one.

use proptest::prelude::*;
use tokio::{runtime, time::Instant};

use super::*;
use crate::fault::{place::Place, signal::Reach};

#[derive(Clone, Copy, Debug)]
enum Step {
    /// With a share of the calls in percent and both bounds, for so many seconds.
    Arm {
        percent: u32,
        active: Option<NonZeroU32>,
        injected: Option<NonZeroU64>,
        seconds: u64,
    },
    Disarm,
    Pause(u64),
    /// A call for which chance draws so many thousandths.
    Call(u32),
    Ends(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let arm = (
        prop_oneof![Just(0), Just(100), 0..=100_u32],
        prop::option::of((1..4_u32).prop_map(|most| NonZeroU32::new(most).unwrap())),
        prop::option::of((1..6_u64).prop_map(|most| NonZeroU64::new(most).unwrap())),
        1..10_u64,
    );
    let step = prop_oneof![
        1 => arm.prop_map(|(percent, active, injected, seconds)| {
            Step::Arm { percent, active, injected, seconds }
        }),
        1 => Just(Step::Disarm),
        3 => (0..4_000_u64).prop_map(Step::Pause),
        10 => (0..1_000_u32).prop_map(Step::Call),
        5 => any::<usize>().prop_map(Step::Ends),
    ];
    prop::collection::vec(step, 0..60)
}

#[derive(Default)]
struct Naive {
    /// The plan with the milliseconds at which it expires.
    armed: Option<(Step, u64)>,
    now: u64,
    active: u32,
    injected: u64,
    by_plan: u64,
}

impl Naive {
    /// Whether a call is hit for which chance draws so many thousandths.
    fn call(&mut self, thousandths: u32) -> bool {
        let Some((Step::Arm { percent, active, injected, .. }, until)) = self.armed else {
            return false;
        };
        if until <= self.now {
            self.armed = None;
            return false;
        }
        let is_hit = thousandths < percent * 10;
        if !is_hit || active.is_some_and(|most| self.active >= most.get()) {
            return false;
        }
        self.active += 1;
        self.injected += 1;
        self.by_plan += 1;
        if injected.is_some_and(|most| self.by_plan >= most.get()) {
            self.armed = None;
        }
        true
    }
}

/// Takes all steps with a switch and the naive one.
async fn compare(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let switch = FaultSwitch::new();
    let (mut naive, mut places) = (Naive::default(), Vec::new());
    for step in steps {
        match step {
            Step::Arm { percent, active, injected, seconds } => {
                let rate = Ratio::percent(percent);
                let plan = FaultPlan::new(Fault::Abort, rate, Duration::from_secs(seconds));
                let plan = active.into_iter().fold(plan.unwrap(), FaultPlan::max_active);
                switch.arm(injected.into_iter().fold(plan, FaultPlan::max_injected));
                naive.armed = Some((step, naive.now + seconds * 1_000));
                naive.by_plan = 0;
            }
            Step::Disarm => {
                switch.disarm();
                naive.armed = None;
            }
            Step::Pause(millis) => {
                advance(Duration::from_millis(millis)).await;
                naive.now += millis;
            }
            Step::Call(thousandths) => {
                let plan = switch.plan(Instant::now(), Reach::Calls);
                let plan = plan.filter(|plan| plan.hits(|| f64::from(thousandths) / 1_000.0));
                let place = plan.and_then(|plan| Place::take(&switch, &plan));
                prop_assert_eq!(place.is_some(), naive.call(thousandths), "{:?}", step);
                places.extend(place);
            }
            Step::Ends(number) if !places.is_empty() => {
                drop(places.swap_remove(number % places.len()));
                naive.active -= 1;
            }
            Step::Ends(_) => {}
        }
        let status = switch.status();
        let time_left = naive.armed.map_or(0, |(_, until)| until.saturating_sub(naive.now));
        prop_assert_eq!(status.time_left, Duration::from_millis(time_left));
        prop_assert_eq!(status.armed.is_some(), time_left > 0);
        let counts = (status.active, status.injected, status.injected_by_plan);
        prop_assert_eq!(counts, (u64::from(naive.active), naive.injected, naive.by_plan));
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_order_of_plans_calls_and_pauses_hits_what_the_naive_one_hits(steps in steps()) {
        let mut runtime = runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(compare(steps))?;
    }
}
