//! The states and the ways between them, without a lock, a clock or a thread.
//!
//! Every step is handed the time, and for a wait a random number. It is called only when the
//! breaker is not closed or is about to leave that state.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    config::Config,
    half_open::HalfOpen,
    history::{History, Transition},
};
use crate::{
    error::Reason,
    event::{ChangeReason, State},
    ratio::Ratio,
    time::after,
    window::Mark,
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
    /// Slow ones among those that ended.
    pub(super) slow: u32,
}

impl Probes {
    const fn taken(self) -> u32 {
        self.running + self.succeeded + self.failed
    }
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
    /// The wait that came before this half-open period, without its jitter.
    last_wait: Duration,
    /// What was not reported yet.
    changes: Vec<Transition>,
    history: History,
}

impl Machine {
    pub(super) fn new(config: Config, now: Instant) -> Self {
        Self {
            phase: Phase::Closed,
            epoch: 0,
            since: now,
            streak: 0,
            last_wait: config.open_for,
            config,
            changes: Vec::new(),
            history: History::default(),
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

    /// The state that the next call would find at `now`, though no call has come to make it
    /// so. Limits must have been applied.
    pub(super) fn state_at(&self, now: Instant) -> State {
        match self.phase {
            Phase::Open { until } if until <= now => State::HalfOpen,
            phase => state_of(phase),
        }
    }

    /// The changes since the last time this was asked, oldest first.
    pub(super) fn take_changes(&mut self) -> Vec<Transition> {
        std::mem::take(&mut self.changes)
    }

    pub(super) const fn history(&self) -> &History {
        &self.history
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
                let retry_at = self.config.end_of_wait(until);
                return Answer::Refuse { reason: Reason::CircuitOpen, retry_at };
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
                    return Answer::Refuse { reason: Reason::ProbesTaken, retry_at: None };
                }
                probes.running += 1;
                let patience = self.config.half_open_for.unwrap_or(self.last_wait);
                limit.get_or_insert_with(|| after(now, patience));
                Answer::Probe
            }
            Phase::Open { .. } => unreachable!("an open wait that is over was left above"),
        }
    }

    /// Reopens when the probes have taken too long.
    pub(super) fn apply_limit(&mut self, now: Instant, random: Random<'_>) {
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
        mark: Mark,
        now: Instant,
        random: Random<'_>,
    ) -> bool {
        self.apply_limit(now, random);
        let Some(probes) = self.end_probe(epoch) else { return false };
        if mark.failed {
            probes.failed += 1;
        } else {
            probes.succeeded += 1;
        }
        probes.slow += u32::from(mark.slow);
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
        self.end_probe(epoch);
    }

    /// One probe of `epoch` less runs.
    fn end_probe(&mut self, epoch: u64) -> Option<&mut Probes> {
        match &mut self.phase {
            Phase::HalfOpen { probes, limit } if self.epoch == epoch => {
                probes.running -= 1;
                // What must not hold the breaker is a probe that hangs. While none runs nothing
                // hangs, and a service that is seldom called may take long between two probes.
                if probes.running == 0 && self.config.half_open_for.is_none() {
                    *limit = None;
                }
                Some(probes)
            }
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
        let (wait, base) = self.wait(random);
        self.streak = self.streak.saturating_add(1);
        self.last_wait = base;
        self.enter(Phase::Open { until: after(now, wait) }, reason, now);
    }

    /// The wait to come, and what it was before jitter.
    fn wait(&self, random: Random<'_>) -> (Duration, Duration) {
        let Config { open_for, open_growth, open_jitter, .. } = self.config;
        if open_for == Duration::MAX {
            return (open_for, open_for);
        }
        let at_most = self.config.open_for_at_most();
        let growth = open_growth.powi(i32::try_from(self.streak).unwrap_or(i32::MAX));
        // Compared as a float: growth soon passes what a duration can hold.
        let seconds = open_for.as_secs_f64() * growth;
        let base = if self.streak == 0 {
            open_for
        } else if seconds < at_most.as_secs_f64() {
            Duration::from_secs_f64(seconds)
        } else {
            at_most
        };
        let share = open_jitter.as_f64();
        if share == 0.0 {
            return (base, base);
        }
        // The cap is a promise that jitter must not break, and cutting at the cap would send
        // half of a fleet back in step: so the middle is lowered until all of it fits.
        let middle = base.min(at_most.div_f64(1.0 + share));
        let factor = share.mul_add(2.0f64.mul_add(random(), -1.0), 1.0);
        (middle.mul_f64(factor), base)
    }

    fn enter(&mut self, phase: Phase, reason: ChangeReason, at: Instant) {
        let from = state_of(self.phase);
        self.phase = phase;
        self.epoch += 1;
        self.since = at;
        let change = Transition { from, to: state_of(phase), reason, at };
        self.changes.push(change);
        self.history.add(change);
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
            let reaches = |rate: Option<Ratio>, bad: u32| {
                rate.is_some_and(|rate| rate.is_reached_by(u64::from(bad), u64::from(ended)))
            };
            (ended >= calls).then(|| {
                let is_bad = match config.failure_rate {
                    Some(rate) => reaches(Some(rate), probes.failed),
                    None => probes.failed > 0,
                };
                !is_bad && !reaches(config.slow_call_rate, probes.slow)
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
