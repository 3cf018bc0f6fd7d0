//! One breaker, for any number of threads.
//!
//! A closed breaker is one word, `gate`, that callers only read, plus the windows. All that
//! happens elsewhere goes through the machine behind a lock that is held for a few lines.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use crossbeam_utils::CachePadded;
use tokio::time::Instant;

use super::{
    config::Config,
    handle::Snapshot,
    machine::{Answer, Machine, Phase, Random},
    meter::{CALLS, End},
    reports::Reports,
    results::Results,
    trip::Verdict,
};
use crate::{
    error::{Reason, Rejected},
    event::{ChangeReason, Listener, State},
    meter::Meter,
    name::Name,
    registry::{self, Gauge, Instance},
    rng::Rng,
    time::{self, nanos_since},
    window::{Counts, Mark, Run},
};

// The gate: state in the lowest two bits, then the watch bit, then the epoch.
const STATE_BITS: u64 = 0b11;
const CLOSED: u64 = 0;
const OPEN: u64 = 1;
const HALF_OPEN: u64 = 2;
/// Failures are in the window, but not enough results: successes must look, too.
const WATCH: u64 = 0b100;
const EPOCH_SHIFT: u32 = 3;

/// A pass, to be given back with what the call came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pass {
    epoch: u64,
    is_probe: bool,
    /// When the call began, where its length matters.
    began: Option<Instant>,
}

#[derive(Debug)]
pub(super) struct Shared {
    // Read by every call and written by none but at a change of state.
    gate: CachePadded<AtomicU64>,
    config: Config,
    origin: Instant,
    results: Results,
    run: Run,
    /// Until when the state refuses, in nanoseconds since `origin`.
    refuse_until: AtomicU64,
    free_probes: AtomicU32,
    machine: Mutex<Machine>,
    rng: OnceLock<Rng>,
    reports: Reports,
    name: Name,
    meter: &'static Meter,
}

impl Shared {
    pub(super) fn new(name: Name, config: Config) -> Arc<Self> {
        let origin = time::read();
        let shared = Arc::new(Self {
            gate: CachePadded::new(AtomicU64::new(CLOSED)),
            origin,
            results: Results::new(&config, origin),
            run: Run::default(),
            refuse_until: AtomicU64::new(0),
            free_probes: AtomicU32::new(0),
            machine: Mutex::new(Machine::new(config.clone(), origin)),
            config,
            rng: OnceLock::new(),
            reports: Reports::new(name),
            name,
            meter: Meter::of(&CALLS, name),
        });
        let weak: Weak<dyn Instance> = Arc::downgrade(&shared) as _;
        registry::register(weak);
        shared
    }

    /// Whether a caller would be refused at this moment; takes nothing.
    pub(super) fn peek(&self, now: impl FnOnce() -> Instant) -> Result<(), Rejected> {
        let gate = self.gate.load(Ordering::Acquire);
        if gate & STATE_BITS == CLOSED {
            return Ok(());
        }
        self.refusal(gate, now()).map_or(Ok(()), Err)
    }

    /// Asks to pass.
    pub(super) fn acquire(&self, now: impl FnOnce() -> Instant) -> Result<Pass, Rejected> {
        let gate = self.gate.load(Ordering::Acquire);
        let times = self.config.slow_call.is_some();
        if gate & STATE_BITS == CLOSED {
            let began = times.then(now);
            return Ok(Pass { epoch: gate >> EPOCH_SHIFT, is_probe: false, began });
        }
        let now = now();
        let began = times.then_some(now);
        if let Some(rejected) = self.refusal(gate, now) {
            return Err(rejected);
        }
        let (answer, epoch) = self.step(|machine, random| machine.acquire(now, random));
        match answer {
            Answer::Closed => Ok(Pass { epoch, is_probe: false, began }),
            Answer::Probe => Ok(Pass { epoch, is_probe: true, began }),
            Answer::Refuse { reason, retry_at } => {
                let rejected = Rejected::new(self.name, reason);
                Err(match retry_at {
                    Some(at) => rejected.with_retry_at(at),
                    None => rejected,
                })
            }
        }
    }

    /// The refusal that needs no lock to know.
    fn refusal(&self, gate: u64, now: Instant) -> Option<Rejected> {
        let until = self.refuse_until.load(Ordering::Acquire);
        let free_probes = self.free_probes.load(Ordering::Acquire);
        // The time may be that of a later state: then the lock must tell.
        let is_same = self.gate.load(Ordering::Relaxed) == gate;
        if !is_same || nanos_since(self.origin, now) >= until {
            return None;
        }
        match gate & STATE_BITS {
            OPEN => {
                let at = self.origin + Duration::from_nanos(until);
                let rejected = Rejected::new(self.name, Reason::CircuitOpen);
                Some(match self.config.end_of_wait(at) {
                    Some(at) => rejected.with_retry_at(at),
                    None => rejected,
                })
            }
            // When a place gets free is not known.
            HALF_OPEN if free_probes == 0 => Some(Rejected::new(self.name, Reason::ProbesTaken)),
            _ => None,
        }
    }

    /// Counts a refusal that a caller was given.
    pub(super) fn refused(&self) {
        self.meter.count(End::Refused as usize);
    }

    /// Takes a pass back with what the call came to.
    pub(super) fn finish(&self, pass: Pass, end: End, now: impl Fn() -> Instant) {
        let counted = if pass.is_probe {
            self.finish_probe(pass, end, now)
        } else {
            self.finish_closed(pass, end, now)
        };
        self.meter.count(if counted { end as usize } else { End::Stale as usize });
    }

    fn finish_probe(&self, pass: Pass, end: End, now: impl Fn() -> Instant) -> bool {
        match end {
            End::Ignored | End::Cancelled => {
                self.step(|machine, _| machine.probe_released(pass.epoch));
                true
            }
            _ => {
                let now = now();
                let mark = Mark { failed: end != End::Succeeded, slow: self.is_slow(pass, || now) };
                let ended = |machine: &mut Machine, random: Random<'_>| {
                    machine.probe_ended(pass.epoch, mark, now, random)
                };
                self.step(ended).0
            }
        }
    }

    fn finish_closed(&self, pass: Pass, end: End, now: impl Fn() -> Instant) -> bool {
        let (failed, ends_run) = match end {
            End::Succeeded => (false, true),
            End::Failed | End::Panicked => (true, true),
            // Counts for the rate, and says nothing about a run.
            End::RateLimited => (true, false),
            _ => return true,
        };
        let epoch = pass.epoch;
        if self.gate.load(Ordering::Acquire) >> EPOCH_SHIFT != epoch {
            return false;
        }
        let slow = self.is_slow(pass, &now);
        let mark = Mark { failed, slow };
        let Some(began) = self.results.record(epoch, mark, &now) else { return false };
        if ends_run && self.config.consecutive_failures.is_some() {
            if failed {
                let length = self.run.failed(epoch);
                if let Verdict::Trip(reason) = self.config.judge_run(length) {
                    self.trip(epoch, reason, now());
                    return true;
                }
            } else {
                self.run.succeeded(epoch);
            }
        }
        // A success cannot raise the rate, so it looks only when time may have done so, or
        // when it may be the result that a minimum was waiting for. The load pairs with the
        // one that sets the watch bit: either that one's sum has this result, or this load
        // sees the bit.
        if failed || slow || began || self.gate.load(Ordering::SeqCst) & WATCH != 0 {
            self.judge(epoch, &now);
        }
        true
    }

    fn is_slow(&self, pass: Pass, now: impl Fn() -> Instant) -> bool {
        let rule = self.config.slow_call.zip(pass.began);
        rule.is_some_and(|(slow, began)| slow.is_slow(now().saturating_duration_since(began)))
    }

    fn judge(&self, epoch: u64, now: &impl Fn() -> Instant) {
        loop {
            let has_changed = match self.config.judge_window(self.results.counts(epoch, now)) {
                Verdict::Trip(reason) => return self.trip(epoch, reason, now()),
                Verdict::Stay => self.watch(epoch, false),
                Verdict::Watch => self.watch(epoch, true),
            };
            // A result that came between the sum and the bit went by the old bit: look again.
            if !has_changed {
                return;
            }
        }
    }

    /// Sets or clears the watch bit of `epoch`; `true` when that changed it.
    fn watch(&self, epoch: u64, on: bool) -> bool {
        let base = epoch << EPOCH_SHIFT | CLOSED;
        let (from, to) = if on { (base, base | WATCH) } else { (base | WATCH, base) };
        if self.gate.load(Ordering::Relaxed) != from {
            return false;
        }
        self.gate.compare_exchange(from, to, Ordering::SeqCst, Ordering::Relaxed).is_ok()
    }

    fn trip(&self, epoch: u64, reason: ChangeReason, now: Instant) {
        self.step(|machine, random| machine.trip(epoch, reason, now, random));
    }

    /// Draws the jitter of waits from `rng`; `false` when a source is in use already.
    pub(super) fn set_rng(&self, rng: Rng) -> bool {
        self.rng.set(rng).is_ok()
    }

    pub(super) fn listen(&self, listener: Listener) {
        self.reports.listen(listener);
    }

    pub(super) fn reset(&self, now: Instant) {
        self.step(|machine, _| machine.reset(now));
    }

    /// Lets the machine take a step, shows the outcome to callers that take no lock, and
    /// reports the changes when the lock is free again.
    fn step<T>(&self, step: impl FnOnce(&mut Machine, Random<'_>) -> T) -> (T, u64) {
        let mut machine = self.lock();
        let before = machine.epoch();
        let answer = step(&mut machine, &|| self.rng.get_or_init(Rng::default).draw());
        let epoch = machine.epoch();
        self.show(&machine, before != epoch);
        drop(machine);
        if before != epoch {
            self.reports.send(|| self.lock().take_changes());
        }
        (answer, epoch)
    }

    fn show(&self, machine: &Machine, has_changed: bool) {
        let (state, until) = match machine.phase() {
            Phase::Closed => (CLOSED, None),
            Phase::Open { until } => (OPEN, Some(until)),
            Phase::HalfOpen { limit, .. } => (HALF_OPEN, limit),
        };
        if has_changed {
            if state == CLOSED {
                self.results.begin(machine.epoch());
            }
            // Nobody may take the times of one state for those of the other: in between there
            // are none, and callers go through the lock.
            self.refuse_until.store(0, Ordering::Relaxed);
            // Pairs with the loads in `peek` and `acquire`: who sees the state sees its empty
            // window and no times but its own.
            self.gate.store(machine.epoch() << EPOCH_SHIFT | state, Ordering::Release);
        }
        self.free_probes.store(machine.free_probes(), Ordering::Release);
        let until = until.map_or(0, |until| nanos_since(self.origin, until));
        // Pairs with the load in `refusal`: who sees a time sees the state it belongs to.
        self.refuse_until.store(until, Ordering::Release);
    }

    fn lock(&self) -> MutexGuard<'_, Machine> {
        // The machine is whole between any two of its steps, and a step does not panic.
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn snapshot(&self, now: Instant) -> Snapshot {
        self.step(|machine, random| machine.apply_limit(now, random));
        let machine = self.lock();
        let state = machine.state_at(now);
        let counts = match machine.phase() {
            Phase::Closed => self.results.counts(machine.epoch(), || now),
            Phase::Open { .. } => Counts::default(),
            Phase::HalfOpen { probes, .. } => Counts {
                total: u64::from(probes.succeeded + probes.failed),
                failed: u64::from(probes.failed),
                slow: u64::from(probes.slow),
            },
        };
        let (since, time_left, free_probes) = match machine.phase() {
            Phase::Open { until } if state == State::HalfOpen => {
                (until, None, self.config.half_open.calls())
            }
            Phase::Open { until } => {
                let left = self.config.end_of_wait(until).map(|until| until - now);
                (machine.since(), left, 0)
            }
            _ => (machine.since(), None, machine.free_probes()),
        };
        Snapshot {
            name: self.name,
            state,
            since,
            at: now,
            time_left,
            counts,
            failures_in_a_row: self.run.length(machine.epoch()),
            free_probes,
            transitions: machine.history().newest_first(),
        }
    }
}

impl Instance for Shared {
    fn gauges(&self, now: Instant, show: &mut dyn FnMut(Gauge)) {
        let current = self.snapshot(now).state;
        for state in [State::Closed, State::Open, State::HalfOpen] {
            show(Gauge {
                metric: "resilience_circuit_breaker_state",
                help: "1 for the state that the breaker is in, 0 for the others.",
                name: self.name,
                label: Some(("state", state.as_str())),
                value: f64::from(u8::from(state == current)),
            });
        }
    }
}
