use std::{any::Any, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    config::Config, handle::CircuitBreakerHandle, history::Transition, machine::Machine,
    phase::Phase, shared::Shared,
};
use crate::{
    event::State,
    holders::Holders,
    name::Name,
    registry::{Gauge, Instance},
    window::Counts,
};

/// What a breaker looked like at one moment.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The breaker.
    pub name: Name,
    /// The state that the next call would find.
    pub state: State,
    /// Since when.
    pub since: Instant,
    /// The moment at which it looked so.
    pub at: Instant,
    /// The time left until probes are let through, when open and that is known.
    pub time_left: Option<Duration>,
    /// The results that count: those in the window when closed or in shadow mode, those of the
    /// probes when half-open, and when open those that were there when it opened.
    pub counts: Counts,
    /// The calls that run for longer than is slow, where they count.
    pub slow_running: u32,
    /// The length of the run of failures, when that rule is on.
    pub failures_in_a_row: u32,
    /// The probes that would still be admitted, when half-open; [`u32::MAX`] without a limit.
    pub free_probes: u32,
    /// The calls refused since the state was entered.
    pub refused: u32,
    /// The last changes of state, the newest first; at most 32.
    pub transitions: Vec<Transition>,
    /// The settings in force.
    pub config: Arc<Config>,
}

impl Shared {
    pub(super) fn snapshot(&self, now: Instant) -> Snapshot {
        self.step(now, Machine::apply_time);
        let machine = self.lock();
        let (state, epoch) = (machine.state_at(now), machine.epoch());
        let (since, time_left, free_probes) = match machine.phase() {
            Phase::Open { until: Some(until) } if state == State::HalfOpen => {
                (until, None, machine.config.half_open.calls().unwrap_or(u32::MAX))
            }
            Phase::Open { until } => (machine.since(), until.map(|until| until - now), 0),
            _ => (machine.since(), None, machine.free_probes()),
        };
        let is_still_so = machine.phase().state() == state;
        let counts = match machine.phase() {
            Phase::Closed | Phase::MetricsOnly => {
                self.with_ledger(|ledger| ledger.counts(epoch, || now))
            }
            Phase::HalfOpen { probes, .. } => probes.counts(),
            Phase::Open { .. } | Phase::ForcedOpen if is_still_so => machine.left(),
            Phase::Open { .. } | Phase::ForcedOpen | Phase::Disabled => Counts::default(),
        };
        Snapshot {
            name: self.name(),
            state,
            since,
            at: now,
            time_left,
            counts,
            slow_running: self.with_ledger(|ledger| ledger.overdue().count(epoch)),
            failures_in_a_row: self.with_ledger(|ledger| ledger.run(epoch)),
            free_probes,
            refused: if is_still_so { self.refused_in(epoch) } else { 0 },
            transitions: machine.history().newest_first(),
            config: Arc::clone(&machine.config),
        }
    }
}

impl Instance for Shared {
    fn handle(self: Arc<Self>, _: Name) -> Box<dyn Any + Send> {
        Box::new(CircuitBreakerHandle::new(Holders::new(self)))
    }

    fn gauges(&self, _: Name, now: Instant, show: &mut dyn FnMut(Gauge)) {
        let current = self.snapshot(now).state;
        for state in State::ALL {
            show(Gauge {
                metric: "resilience_circuit_breaker_state",
                help: "1 for the state that the breaker is in, 0 for the others.",
                name: self.name(),
                label: Some(("state", state.as_str())),
                value: f64::from(u8::from(state == current)),
            });
        }
    }
}
