use std::collections::HashMap;

use resilience::{
    Rejected,
    circuit_breaker::{BreakerGroup, ChangeReason, IllegalTransition, Move, Snapshot, State},
};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::sliding_window::shown;
use crate::{
    breaker::{Begun, Deed, Member, Settings, Took, Way},
    case::Facts,
    keys::Keys,
    run::{Place, Subject, millis, unknown},
    verdict::Gap,
};

/// The most breakers of a case.
const MOST: usize = 100;

/// Breakers of one configuration, reached in one way.
#[derive(Debug)]
pub(crate) struct Breakers<W: Way> {
    settings: Settings,
    start: Instant,
    members: Vec<Member<W>>,
    /// All of them, where one hand moves all.
    together: Option<BreakerGroup>,
    /// The calls with a name, each with its breaker; `None`: it was refused.
    calls: HashMap<String, (usize, Option<Begun<W>>)>,
    last: Last,
}

/// What came of the last step.
#[derive(Debug, Default)]
struct Last {
    breaker: usize,
    /// Whether its call was admitted; `None`: it made none.
    admitted: Option<Result<(), Rejected>>,
    refused_move: Option<IllegalTransition>,
}

impl<W: Way> Subject for Breakers<W> {
    fn build(config: &mut Keys, _: &[Facts]) -> Result<Self, Gap> {
        let start = Instant::now();
        let count: usize = config.take("breakers")?.unwrap_or(1);
        if !(1..=MOST).contains(&count) {
            return Err(Gap::new(format!("config breakers: {count}")));
        }
        let is_shared = config.take("shared_manual_control")?.unwrap_or(false);
        let settings = Settings::take(config)?;
        let members: Vec<Member<W>> =
            (0..count).map(|_| Member::new(&settings)).collect::<Result<_, _>>()?;
        let handles = members.iter().map(|member| member.way().handle().clone());
        let together = is_shared.then(|| handles.collect());
        let (calls, last) = (HashMap::new(), Last::default());
        Ok(Self { settings, start, members, together, calls, last })
    }

    async fn step(&mut self, event: &str, args: &mut Keys) -> Result<(), Gap> {
        let number: usize = args.take("breaker")?.unwrap_or(1);
        if !(1..=self.members.len()).contains(&number) {
            return Err(Gap::new(format!("argument breaker: {number}")));
        }
        let times: u32 = args.take("repeat")?.unwrap_or(1);
        let deed = Deed::read(event, args, self.start)?;
        self.last = Last { breaker: number - 1, ..Last::default() };
        for _ in 0..times {
            self.make(deed.clone()).await?;
        }
        Ok(())
    }

    async fn look(&mut self, key: &str, place: Place) -> Result<Value, Gap> {
        // No step names a breaker at the end.
        let member = &self.members[if place == Place::Step { self.last.breaker } else { 0 }];
        // It applies the timers, so that what they do is seen under any key.
        let snapshot = member.snapshot();
        if let Some(value) = shown(key, &snapshot.counts, self.settings.min_calls) {
            let is_kept = self.settings.has_window || are_of_probes(&snapshot);
            return if is_kept { Ok(value) } else { Err(Gap::new("counts without a window")) };
        }
        let changes = member.changes();
        let entries = |state| changes.iter().filter(|change| change.1 == state).count().into();
        Ok(match key {
            "state" => snapshot.state.as_str().into(),
            "permitted" => match &self.last.admitted {
                Some(admitted) => admitted.is_ok().into(),
                None => return Err(Gap::new("expectation permitted without a call")),
            },
            "not_permitted" => snapshot.refused.into(),
            "available_permits" if snapshot.free_probes == u32::MAX => Value::Null,
            "available_permits" => snapshot.free_probes.into(),
            "retry_after_ms" => match &self.last.admitted {
                // What the caller was told.
                Some(Err(rejected)) => rejected.retry_after().map_or(Value::Null, millis),
                _ => snapshot.time_left.map_or(Value::Null, millis),
            },
            "error" => self.last.refused_move.map_or(Value::Null, |_| "illegal_transition".into()),
            "opened_events" => entries(State::Open),
            "half_open_events" => entries(State::HalfOpen),
            "closed_events" => entries(State::Closed),
            "transitions" => changes
                .iter()
                .map(|(from, to, _)| format!("{}->{}", from.as_str(), to.as_str()))
                .collect(),
            "transition_events" => changes.len().into(),
            "failure_rate_exceeded_events" => member.met(ChangeReason::FailureRate).into(),
            "result_events" => member.recorded().into(),
            "stale_results" => member.stale().into(),
            "reason" => {
                let mut trips = changes.iter().filter(|change| is_rule(change.2));
                trips.next_back().map_or(Value::Null, |change| change.2.as_str().into())
            }
            _ => return Err(unknown(key)),
        })
    }
}

impl<W: Way> Breakers<W> {
    async fn make(&mut self, deed: Deed) -> Result<(), Gap> {
        let breaker = self.last.breaker;
        match deed {
            Deed::Call { came, took, takes } => {
                if let Some(begun) = self.begin(took == Took::Measured).await {
                    if !takes.is_zero() {
                        sleep(takes).await;
                    }
                    begun.end(came, took, &self.settings).await?;
                }
            }
            Deed::Begin { id } => {
                let begun = self.begin(true).await;
                if self.calls.insert(id.clone(), (breaker, begun)).is_some() {
                    return Err(Gap::new(format!("argument id: {id} has not ended")));
                }
            }
            Deed::End { id, came } => {
                if let Some(begun) = self.called(&id)? {
                    begun.end(came, Took::Measured, &self.settings).await?;
                }
            }
            Deed::Drop { id } => drop(self.called(&id)?),
            Deed::Acquire => {
                if let Some(begun) = self.begin(false).await {
                    self.members[breaker].hold(begun);
                }
            }
            Deed::Release => self.members[breaker].oldest()?.release(),
            Deed::Probe { came, took } => {
                let begun = self.members[breaker].oldest()?;
                begun.end(came, took, &self.settings).await?;
            }
            Deed::Step(step) => {
                let made = match &self.together {
                    Some(all) if step != Move::Reset => all.apply(step),
                    _ => self.members[breaker].way().handle().apply(step),
                };
                self.last.refused_move = made.err();
            }
            Deed::Look => {}
        }
        Ok(())
    }

    async fn begin(&mut self, is_measured: bool) -> Option<Begun<W>> {
        let begun = self.members[self.last.breaker].begin(is_measured).await;
        let (begun, admitted) = match begun {
            Ok(begun) => (Some(begun), Ok(())),
            Err(rejected) => (None, Err(rejected)),
        };
        self.last.admitted = Some(admitted);
        begun
    }

    /// The call with this name, which is over; the step is about its breaker.
    fn called(&mut self, id: &str) -> Result<Option<Begun<W>>, Gap> {
        let call = self.calls.remove(id);
        let (breaker, begun) = call.ok_or_else(|| Gap::new(format!("argument id: {id}")))?;
        self.last.breaker = breaker;
        Ok(begun)
    }
}

/// Whether the counts are those of probes, which a breaker without a window counts, too.
fn are_of_probes(snapshot: &Snapshot) -> bool {
    let is_open = |state| matches!(state, State::Open | State::ForcedOpen);
    let mut states = snapshot.transitions.iter().map(|transition| transition.from);
    let counted = if is_open(snapshot.state) {
        states.find(|state| !is_open(*state))
    } else {
        Some(snapshot.state)
    };
    // A disabled breaker counts nothing, and neither has one that has only ever been open.
    !matches!(counted, Some(State::Closed | State::MetricsOnly))
}

const fn is_rule(reason: ChangeReason) -> bool {
    matches!(
        reason,
        ChangeReason::ConsecutiveFailures
            | ChangeReason::LowSuccessRate
            | ChangeReason::FailureRate
            | ChangeReason::SlowCallRate
            | ChangeReason::FailureRatio
            | ChangeReason::FailureCount
    )
}
