//! The states and the ways between them, without a lock, a clock or a thread.
//!
//! Every step is handed the time, and for a wait a random number. It is called only when the
//! breaker is not closed or is about to leave that state.

use std::time::Duration;

use tokio::time::Instant;

use super::config::{Config, HalfOpen};
use crate::{
    error::Reason,
    event::{ChangeReason, State},
};

/// Draws from 0 up to 1; asked only when a wait begins.
pub(super) type Random<'a> = &'a dyn Fn() -> f64;

/// Where the breaker is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Closed,
    Open { until: Instant },
    HalfOpen { probes: Probes, limit: Option<Instant> },
}

/// The probes of one half-open period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Probes {
    pub(super) running: u32,
    pub(super) succeeded: u32,
    pub(super) failed: u32,
}

impl Probes {
    const fn taken(self) -> u32 {
        self.running + self.succeeded + self.failed
    }
}

/// One way taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) from: State,
    pub(super) to: State,
    pub(super) reason: ChangeReason,
    pub(super) at: Instant,
}

/// An answer to a caller that wants to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Pass and be counted.
    Closed,
    /// Pass as a probe.
    Probe,
    /// Do not pass.
    Refuse { reason: Reason, retry_at: Option<Instant> },
}

#[derive(Debug)]
pub(super) struct Machine {
    config: Config,
    phase: Phase,
    /// Goes up with every change: permits of another number count for nothing.
    epoch: u64,
    since: Instant,
    /// Openings since the last time the breaker was closed.
    streak: u32,
    /// The wait that came before this half-open period.
    last_wait: Duration,
    changes: Vec<Change>,
}

impl Machine {
    pub(super) const fn new(config: Config, now: Instant) -> Self {
        Self {
            config,
            phase: Phase::Closed,
            epoch: 0,
            since: now,
            streak: 0,
            last_wait: config.open_for,
            changes: Vec::new(),
        }
    }

    pub(super) const fn phase(&self) -> Phase {
        self.phase
    }

    pub(super) const fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(super) const fn since(&self) -> Instant {
        self.since
    }

    /// The free places for probes, when half-open.
    pub(super) const fn free_probes(&self) -> u32 {
        match self.phase {
            Phase::HalfOpen { probes, .. } => {
                self.config.half_open.calls().saturating_sub(probes.taken())
            }
            _ => 0,
        }
    }

    /// The changes since the last time this was asked, oldest first.
    pub(super) fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    // Closed -> open.

    /// A rule was met by a result of `epoch`.
    pub(super) fn trip(
        &mut self,
        epoch: u64,
        reason: ChangeReason,
        now: Instant,
        random: Random<'_>,
    ) {
        if self.epoch == epoch && self.phase == Phase::Closed {
            self.open(reason, now, random);
        }
    }

    // Open -> half-open -> open, by time.

    /// A caller wants to pass.
    pub(super) fn acquire(&mut self, now: Instant, random: Random<'_>) -> Answer {
        self.apply_limit(now, random);
        if let Phase::Open { until } = self.phase {
            if now < until {
                return Answer::Refuse { reason: Reason::CircuitOpen, retry_at: Some(until) };
            }
            self.enter(
                Phase::HalfOpen { probes: Probes::default(), limit: None },
                ChangeReason::WaitOver,
                now,
            );
        }
        match &mut self.phase {
            Phase::Closed => Answer::Closed,
            Phase::HalfOpen { probes, limit } => {
                if probes.taken() >= self.config.half_open.calls() {
                    return Answer::Refuse { reason: Reason::ProbesTaken, retry_at: *limit };
                }
                probes.running += 1;
                // Counted from the first probe: a period that nobody probes does not end.
                let patience = self.config.half_open_for.unwrap_or(self.last_wait);
                limit.get_or_insert_with(|| later(now, patience));
                Answer::Probe
            }
            Phase::Open { .. } => unreachable!("an open wait that is over was left above"),
        }
    }

    /// Reopens when the probes have taken too long.
    fn apply_limit(&mut self, now: Instant, random: Random<'_>) {
        if let Phase::HalfOpen { limit: Some(limit), .. } = self.phase
            && limit <= now
        {
            self.open(ChangeReason::ProbesTimedOut, limit, random);
        }
    }

    // Half-open -> closed or open, by the probes.

    /// A probe of `epoch` ended; `false` when its period is over.
    pub(super) fn probe_ended(
        &mut self,
        epoch: u64,
        succeeded: bool,
        now: Instant,
        random: Random<'_>,
    ) -> bool {
        self.apply_limit(now, random);
        let Some(probes) = self.probes_of(epoch) else { return false };
        probes.running -= 1;
        if succeeded {
            probes.succeeded += 1;
        } else {
            probes.failed += 1;
        }
        let probes = *probes;
        match judge(&self.config, probes) {
            None => {}
            Some(true) => self.close(ChangeReason::ProbesSucceeded, now),
            Some(false) => self.open(ChangeReason::ProbesFailed, now, random),
        }
        true
    }

    /// A probe of `epoch` ended without a verdict: its place is free again.
    pub(super) fn probe_released(&mut self, epoch: u64) {
        if let Some(probes) = self.probes_of(epoch) {
            probes.running -= 1;
        }
    }

    fn probes_of(&mut self, epoch: u64) -> Option<&mut Probes> {
        match &mut self.phase {
            Phase::HalfOpen { probes, .. } if self.epoch == epoch => Some(probes),
            _ => None,
        }
    }

    // Any -> closed, by hand.

    /// Closes the breaker with an empty window.
    pub(super) fn reset(&mut self, now: Instant) {
        if self.phase == Phase::Closed {
            // Not a change that anybody sees, but what was counted must be out.
            self.epoch += 1;
            self.streak = 0;
        } else {
            self.close(ChangeReason::Reset, now);
        }
    }

    fn close(&mut self, reason: ChangeReason, now: Instant) {
        self.streak = 0;
        self.enter(Phase::Closed, reason, now);
    }

    fn open(&mut self, reason: ChangeReason, now: Instant, random: Random<'_>) {
        let wait = self.wait(random);
        self.streak = self.streak.saturating_add(1);
        self.last_wait = wait;
        self.enter(Phase::Open { until: later(now, wait) }, reason, now);
    }

    fn wait(&self, random: Random<'_>) -> Duration {
        let Config { open_for, open_growth, open_for_at_most, open_jitter, .. } = self.config;
        let growth = open_growth.powi(i32::try_from(self.streak).unwrap_or(i32::MAX));
        // The cap comes last: it is a promise, and jitter must not break it. The float is
        // compared before it becomes a duration, which could not hold any growth.
        let seconds = open_for.as_secs_f64() * growth;
        let base = if seconds < open_for_at_most.as_secs_f64() {
            if self.streak == 0 { open_for } else { Duration::from_secs_f64(seconds) }
        } else {
            open_for_at_most
        };
        if open_jitter.as_f64() > 0.0 {
            let factor = open_jitter.as_f64().mul_add(2.0f64.mul_add(random(), -1.0), 1.0);
            base.mul_f64(factor).min(open_for_at_most)
        } else {
            base
        }
    }

    fn enter(&mut self, phase: Phase, reason: ChangeReason, at: Instant) {
        let from = state_of(self.phase);
        self.phase = phase;
        self.epoch += 1;
        self.since = at;
        self.changes.push(Change { from, to: state_of(phase), reason, at });
    }
}

/// Whether the probes close the breaker, once that is certain.
fn judge(config: &Config, probes: Probes) -> Option<bool> {
    match config.half_open {
        HalfOpen::Ratio { successes, of } => {
            if probes.succeeded >= successes {
                Some(true)
            } else if probes.failed > of - successes {
                Some(false)
            } else {
                None
            }
        }
        HalfOpen::PermittedCalls { calls } => {
            let ended = probes.succeeded + probes.failed;
            (ended >= calls).then(|| match config.failure_rate {
                Some(rate) => !rate.is_reached_by(u64::from(probes.failed), u64::from(ended)),
                None => probes.failed == 0,
            })
        }
    }
}

pub(super) const fn state_of(phase: Phase) -> State {
    match phase {
        Phase::Closed => State::Closed,
        Phase::Open { .. } => State::Open,
        Phase::HalfOpen { .. } => State::HalfOpen,
    }
}

/// `wait` after `now`, or so far off that nobody will see it.
fn later(now: Instant, wait: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_hours(24 * 365 * 100);
    now.checked_add(wait).unwrap_or(now + CENTURY)
}
