//! What is known of one service, poll after poll.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use resilience::wire::{ArmFault, BreakerState, BudgetState, CircuitState, PolicyState};
use uuid::Uuid;

use super::{
    Answer, Failed, Fault, Health, Log, MOST_PEERS, MOST_POLICIES, Peer, Reading, Service, Span,
    Stretch, What,
    ring::{KEPT, Ring},
    timeline::Timeline,
    transitions::{Transition, fresh},
};

/// The longest pause between two polls over which a difference is taken.
const LONGEST: Duration = Duration::from_secs(2);

/// The stretches of a lane that are told.
const MOST_STRETCHES: usize = 256;

/// What is known of one service, poll after poll.
#[derive(Debug)]
pub struct Watched {
    name: String,
    health: Timeline<Health>,
    current: (Health, Duration, Option<String>),
    last: Option<Answer>,
    /// The run of the process that answered last, and what it had counted.
    run: Option<Uuid>,
    read: Option<Reading>,
    calls: Ring,
    peers: BTreeMap<String, Ring>,
    breakers: BTreeMap<String, Breaker>,
    fault: Timeline<bool>,
    /// The armed fault, and what its switch had injected before.
    armed: Option<(ArmFault, u64)>,
    restarts: VecDeque<Duration>,
}

#[derive(Debug, Default)]
struct Breaker {
    states: Timeline<CircuitState>,
    known: Vec<Transition>,
}

impl Watched {
    /// A service of which nothing is known yet.
    pub fn new(name: String) -> Self {
        Self {
            name,
            health: Timeline::default(),
            current: (Health::Unknown, Duration::ZERO, None),
            last: None,
            run: None,
            read: None,
            calls: Ring::default(),
            peers: BTreeMap::new(),
            breakers: BTreeMap::new(),
            fault: Timeline::default(),
            armed: None,
            restarts: VecDeque::new(),
        }
    }

    /// Takes in what a poll brought at `now`; what happened meanwhile goes into `log`.
    pub fn observe(&mut self, now: Duration, answer: Result<Answer, Failed>, log: &mut Log) {
        match answer {
            Ok(answer) => {
                self.restarted(now, &answer, log);
                self.counts(answer.reading.as_ref());
                self.policies(&answer, log);
                self.faults(now, &answer, log);
                let (health, why) = match &answer.ready {
                    Ok(()) => (Health::Up, None),
                    Err(why) => (Health::NotReady, Some(why.clone())),
                };
                self.last = Some(answer);
                self.become_healthy(now, health, why, log);
            }
            Err(Failed(why)) => {
                self.fault.set(now, false);
                self.armed = None;
                self.become_healthy(now, Health::Down, Some(why), log);
            }
        }
    }

    fn title(&self) -> String {
        self.last.as_ref().map_or_else(|| self.name.clone(), title_of)
    }

    fn become_healthy(
        &mut self,
        now: Duration,
        health: Health,
        why: Option<String>,
        log: &mut Log,
    ) {
        let before = self.current.0;
        self.health.set(now, health);
        if before == health {
            self.current.2 = why;
            return;
        }
        let told = why.clone().unwrap_or_default();
        self.current = (health, now, why);
        let what = match health {
            Health::Down => What::Down { why: told },
            Health::NotReady => What::NotReady { why: told },
            // To have come up is no news of a service that was never seen down.
            Health::Up if before != Health::Unknown => What::Up,
            Health::Up | Health::Unknown => return,
        };
        log.push(now, &self.title(), what);
    }

    fn restarted(&mut self, now: Duration, answer: &Answer, log: &mut Log) {
        let at = answer.at.saturating_sub(answer.state.up_for);
        let before = self.run.replace(answer.state.run);
        if before.is_none_or(|run| run == answer.state.run) {
            return;
        }
        // What the process before counted and armed is gone with it.
        if let Some(read) = &mut self.read {
            *read = Reading { at: read.at.max(at), ..Reading::default() };
        }
        for breaker in self.breakers.values_mut() {
            breaker.known.clear();
        }
        self.armed = None;
        self.restarts.push_back(at);
        let horizon = now.saturating_sub(Duration::from_secs(KEPT));
        while self.restarts.front().is_some_and(|at| *at < horizon) {
            self.restarts.pop_front();
        }
        log.push(at, &self.title(), What::Restarted);
    }

    fn counts(&mut self, reading: Option<&Reading>) {
        let Some(reading) = reading else { return };
        let (now, before) = (reading.at, self.read.replace(reading.clone()));
        let recent = |before: &Reading| now.saturating_sub(before.at) <= LONGEST;
        let Some(before) = before.filter(recent) else { return };
        let span = now.saturating_sub(before.at);
        self.calls.record(now, span, &reading.calls.since(&before.calls));
        for (peer, totals) in reading.peers.iter().take(MOST_PEERS) {
            // A peer that is called for the first time was called all of its times since.
            let before = before.peers.get(peer).cloned().unwrap_or_default();
            if self.peers.len() < MOST_PEERS || self.peers.contains_key(peer) {
                let ring = self.peers.entry(peer.clone()).or_default();
                ring.record(now, span, &totals.since(&before));
            }
        }
    }

    fn policies(&mut self, answer: &Answer, log: &mut Log) {
        let title = title_of(answer);
        for state in breakers(answer) {
            if self.breakers.len() >= MOST_POLICIES && !self.breakers.contains_key(&state.policy) {
                continue;
            }
            let breaker = self.breakers.entry(state.policy.clone()).or_default();
            let told = told(state, answer.at);
            let fresh = fresh(&breaker.known, &told, answer.took);
            for transition in told[..fresh].iter().rev() {
                breaker.states.set(transition.at, transition.from);
                breaker.states.set(transition.at, transition.to);
                let Transition { from, to, ref reason, at } = *transition;
                let (policy, reason) = (state.policy.clone(), reason.clone());
                log.push(at, &title, What::Changed { policy, from, to, reason });
            }
            breaker.states.set(answer.at, state.state);
            breaker.known = told;
        }
    }

    fn faults(&mut self, now: Duration, answer: &Answer, log: &mut Log) {
        let status = answer.state.fault.as_ref();
        let armed = status.and_then(|status| Some((status.armed.clone()?, status.injected)));
        self.fault.set(now, armed.is_some());
        let same = |one: &ArmFault, other: &ArmFault| {
            (&one.fault, &one.path_prefix) == (&other.fault, &other.path_prefix)
                && (one.max_active, one.max_injected) == (other.max_active, other.max_injected)
                && one.rate.total_cmp(&other.rate).is_eq()
        };
        let what = match (&self.armed, &armed) {
            (Some((before, _)), Some((armed, _))) if same(before, armed) => return,
            (_, Some((armed, _))) => What::Armed { armed: armed.clone() },
            (Some(_), None) => What::Disarmed,
            (None, None) => return,
        };
        self.armed = armed;
        log.push(now, &title_of(answer), what);
    }

    /// What is known at `now`.
    pub fn service(&self, now: Duration) -> Service {
        let (health, since, why) = &self.current;
        let answers = matches!(health, Health::Up | Health::NotReady);
        let last = self.last.as_ref().map(|last| &last.state);
        let told = self.last.as_ref().filter(|_| answers);
        let span = |[from, to]: [f64; 2]| Span { from, to };
        let peer = |(name, ring): (&String, &Ring)| Peer {
            name: name.clone(),
            attempts: ring.moment(now).filter(|_| answers),
        };
        let faults = self.fault.stretches(now).filter(|(armed, _)| **armed);
        let away = self.health.stretches(now).filter(|(health, _)| **health == Health::Down);
        Service {
            name: self.name.clone(),
            title: self.title(),
            service: last.map(|state| state.service.clone()),
            variant: last.and_then(|state| state.variant.clone()),
            health: *health,
            why: why.clone(),
            since: since.as_secs_f64(),
            pid: told.map(|told| told.state.pid),
            up_for: told.map(|told| told.state.up_for.as_secs_f64()),
            calls: self.calls.moment(now).filter(|_| answers),
            peers: self.peers.iter().map(peer).collect(),
            breakers: told.map(worst_first).unwrap_or_default(),
            budgets: told.map(emptiest_first).unwrap_or_default(),
            limits: last.map(|state| state.limits.clone()).unwrap_or_default(),
            fault: told.and_then(|told| self.fault_of(told)),
            history: self.calls.points(now),
            disturbed: (!self.breakers.is_empty()).then(|| self.disturbed(now)),
            faults: faults.map(|(_, ends)| span(ends)).collect(),
            away: away.map(|(_, ends)| span(ends)).collect(),
            restarts: self.restarts.iter().map(Duration::as_secs_f64).collect(),
        }
    }

    fn fault_of(&self, told: &Answer) -> Option<Fault> {
        let status = told.state.fault.as_ref()?;
        let before = self.armed.as_ref().map_or(0, |(_, before)| *before);
        let hit = status.injected.saturating_sub(before);
        Some(Fault { armed: status.armed.clone()?, hit })
    }

    /// When a breaker was not closed, the newest 256 stretches.
    fn disturbed(&self, now: Duration) -> Vec<Stretch> {
        let all = self.breakers.values().flat_map(|breaker| breaker.states.stretches(now));
        let mut stretches: Vec<_> = all
            .filter(|(state, _)| {
                use CircuitState::{ForcedOpen, HalfOpen, Open};
                matches!(state, Open | HalfOpen | ForcedOpen)
            })
            .map(|(state, [from, to])| Stretch { state: *state, span: Span { from, to } })
            .collect();
        stretches.sort_by(|one, other| one.span.from.total_cmp(&other.span.from));
        let surplus = stretches.len().saturating_sub(MOST_STRETCHES);
        stretches.split_off(surplus)
    }
}

fn title_of(answer: &Answer) -> String {
    let state = &answer.state;
    let variant = state.variant.as_deref().map(|variant| format!(" {variant}"));
    format!("{}{}", state.service, variant.unwrap_or_default())
}

fn told(state: &BreakerState, at: Duration) -> Vec<Transition> {
    state.transitions.iter().map(|transition| Transition::new(transition, at)).collect()
}

fn breakers(answer: &Answer) -> impl Iterator<Item = &BreakerState> {
    answer.state.policies.iter().take(MOST_POLICIES).filter_map(|policy| match policy {
        PolicyState::CircuitBreaker(state) => Some(state),
        _ => None,
    })
}

/// The breakers, those that refuse first, then those nearest to it.
fn worst_first(answer: &Answer) -> Vec<BreakerState> {
    let mut all: Vec<_> = breakers(answer).cloned().collect();
    let rank = |state: CircuitState| match state {
        CircuitState::Open | CircuitState::ForcedOpen => 0,
        CircuitState::HalfOpen => 1,
        _ => 2,
    };
    // Per mille of failures; a ratio of counts is no key to sort by.
    let failing = |state: &BreakerState| (state.failed * 1_000).checked_div(state.calls);
    all.sort_by(|one, other| {
        let key = |state: &BreakerState| (rank(state.state), std::cmp::Reverse(failing(state)));
        key(one).cmp(&key(other)).then_with(|| one.policy.cmp(&other.policy))
    });
    all
}

fn emptiest_first(answer: &Answer) -> Vec<BudgetState> {
    let policies = answer.state.policies.iter().take(MOST_POLICIES);
    let mut all: Vec<_> = policies
        .filter_map(|policy| match policy {
            PolicyState::RetryBudget(state) => Some(state.clone()),
            _ => None,
        })
        .collect();
    all.sort_by(|one, other| (one.tokens, &one.policy).cmp(&(other.tokens, &other.policy)));
    all
}
