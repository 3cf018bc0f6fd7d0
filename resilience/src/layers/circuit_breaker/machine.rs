//! The states and the ways between them, without a lock, a clock or a thread.
//!
//! Every step is handed the time, and for a wait a random number. It is called only when the
//! breaker is not closed or is about to leave that state. Moves by hand are in `manual`.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    config::{Config, HalfOpenFor},
    history::{History, Transition},
    open_wait::{Opening, UNTIL_RESET},
    phase::Phase,
    probes::{Probes, Verdict},
};
use crate::{
    error::Reason,
    event::{ChangeReason, State},
    time::after,
    window::{Counts, Mark},
};

/// What a step may ask of its surroundings.
#[derive(Clone, Copy)]
pub(super) struct Moment<'a> {
    pub(super) now: Instant,
    /// Draws from 0 up to 1; asked only when a wait begins.
    pub(super) random: &'a dyn Fn() -> f64,
    /// The results in the window of an epoch; asked only when it ends.
    pub(super) counts: &'a dyn Fn(u64) -> Counts,
}

/// An answer to a caller that wants to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Pass, and be counted where results are.
    Pass,
    /// Pass as a probe.
    Probe,
    /// Do not pass.
    Refuse { reason: Reason, retry_at: Option<Instant> },
}

/// A result that may bring a change.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    pub(super) mark: Mark,
    /// How long the service asked to wait.
    pub(super) retry_after: Option<Duration>,
}

/// What was not reported yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    RuleMet { reason: ChangeReason, at: Instant },
    Changed(Transition),
}

#[derive(Debug)]
pub(super) struct Machine {
    pub(super) config: Arc<Config>,
    pub(super) phase: Phase,
    /// Goes up with every change: permits of another number count for nothing.
    epoch: u64,
    since: Instant,
    /// How often it went from half-open to open since the last time it was closed.
    failed_recoveries: u32,
    /// The wait that came before this half-open period, without its jitter.
    last_wait: Duration,
    /// What the window held when the last state with one was left.
    pub(super) left: Counts,
    /// The rules that were met in this state, a bit for each reason.
    met: u32,
    news: Vec<News>,
    history: History,
}

impl Machine {
    pub(super) fn new(config: Arc<Config>, now: Instant) -> Self {
        let mut machine = Self {
            phase: Phase::Closed,
            epoch: 0,
            since: now,
            failed_recoveries: 0,
            last_wait: config.open_for(),
            left: Counts::default(),
            met: 0,
            config,
            news: Vec::new(),
            history: History::default(),
        };
        machine.phase = match machine.config.initial_state {
            State::Open => {
                let opening = machine.opening(ChangeReason::Manual, None);
                let (wait, base) = machine.wait(&opening, &|| 0.5);
                machine.last_wait = base;
                Phase::Open { until: end_of(wait, now) }
            }
            State::ForcedOpen => Phase::ForcedOpen,
            State::Disabled => Phase::Disabled,
            State::MetricsOnly => Phase::MetricsOnly,
            State::Closed | State::HalfOpen => Phase::Closed,
        };
        machine
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

    /// What the window held when the last state with one was left.
    pub(super) const fn left(&self) -> Counts {
        self.left
    }

    /// The free places for probes: as many as anybody may want where they are not limited.
    pub(super) fn free_probes(&self) -> u32 {
        match self.phase {
            Phase::HalfOpen { probes, .. } => {
                probes.free(self.config.half_open).unwrap_or(u32::MAX)
            }
            _ => 0,
        }
    }

    /// How many callers that wait could have their turn.
    pub(super) fn turns(&self) -> u32 {
        match self.phase {
            Phase::HalfOpen { probes, .. } => probes.turns(self.config.half_open),
            _ => 0,
        }
    }

    /// When time alone brings the next change, if it does.
    pub(super) const fn due(&self) -> Option<Instant> {
        match self.phase {
            Phase::Open { until } => until,
            Phase::HalfOpen { limit, .. } => limit,
            _ => None,
        }
    }

    /// The state that the next call would find at `now`, though no call has come to make it
    /// so. Time must have been applied.
    pub(super) fn state_at(&self, now: Instant) -> State {
        match self.phase {
            Phase::Open { until: Some(until) } if until <= now => State::HalfOpen,
            phase => phase.state(),
        }
    }

    /// What happened since the last time this was asked, oldest first.
    pub(super) fn take_news(&mut self) -> Vec<News> {
        std::mem::take(&mut self.news)
    }

    pub(super) const fn has_news(&self) -> bool {
        !self.news.is_empty()
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
        retry_after: Option<Duration>,
        moment: Moment<'_>,
    ) {
        if self.epoch != epoch || !matches!(self.phase, Phase::Closed | Phase::MetricsOnly) {
            return;
        }
        if self.met & reason.bit() == 0 {
            self.met |= reason.bit();
            self.news.push(News::RuleMet { reason, at: moment.now });
        }
        if self.phase == Phase::Closed {
            self.open(reason, retry_after, moment);
        }
    }

    /// The rules that were met in this state, a bit for each reason.
    pub(super) const fn met(&self) -> u32 {
        self.met
    }

    // Open -> half-open -> open, by time.

    /// A caller wants to pass, and may be one that waits until it can.
    pub(super) fn acquire(&mut self, waits: bool, moment: Moment<'_>) -> Answer {
        self.apply_time(moment);
        if let Phase::Open { until } = self.phase {
            if until.is_none_or(|until| moment.now < until) {
                return Answer::Refuse { reason: Reason::CircuitOpen, retry_at: until };
            }
            let probes = Phase::HalfOpen { probes: Probes::default(), limit: None };
            self.enter(probes, ChangeReason::WaitOver, moment);
        }
        match &mut self.phase {
            Phase::Closed | Phase::Disabled | Phase::MetricsOnly => Answer::Pass,
            Phase::ForcedOpen => Answer::Refuse { reason: Reason::CircuitOpen, retry_at: None },
            Phase::HalfOpen { probes, limit } => {
                if !probes.take(self.config.half_open, waits) {
                    return Answer::Refuse { reason: Reason::ProbesTaken, retry_at: None };
                }
                let patience = match self.config.half_open_for {
                    HalfOpenFor::WhileProbesAnswer => Some(self.last_wait),
                    HalfOpenFor::Limited(time) => Some(time),
                    HalfOpenFor::Unlimited => None,
                };
                *limit = limit.or_else(|| end_of(patience?, moment.now));
                Answer::Probe
            }
            Phase::Open { .. } => unreachable!("an open wait that is over was left above"),
        }
    }

    /// Makes the changes that time alone brings.
    pub(super) fn apply_time(&mut self, moment: Moment<'_>) {
        // A long look back may find many rounds of waits and limits. Nobody was there to see
        // them, so that it does not matter where the walk through them ends, but it must end
        // in a state that lasts beyond this moment.
        const ROUNDS: usize = 100;
        for round in 1..=ROUNDS {
            let Some(at) = self.due().filter(|due| *due <= moment.now) else { return };
            let then = Moment { now: if round < ROUNDS { at } else { moment.now }, ..moment };
            match self.phase {
                Phase::HalfOpen { .. } if self.config.half_open_ends == State::Closed => {
                    self.close(ChangeReason::ProbesTimedOut, then);
                }
                Phase::HalfOpen { .. } => self.open(ChangeReason::ProbesTimedOut, None, then),
                _ if self.config.is_automatic => self.half_open(ChangeReason::WaitOver, then),
                _ => return,
            }
        }
    }

    /// Enters half-open without a call.
    pub(super) fn half_open(&mut self, reason: ChangeReason, moment: Moment<'_>) {
        self.enter(self.fresh_half_open(moment.now), reason, moment);
    }

    /// A half-open period that begins without a call.
    pub(super) fn fresh_half_open(&self, now: Instant) -> Phase {
        let limit = match self.config.half_open_for {
            HalfOpenFor::Limited(time) => end_of(time, now),
            HalfOpenFor::WhileProbesAnswer | HalfOpenFor::Unlimited => None,
        };
        Phase::HalfOpen { probes: Probes::default(), limit }
    }

    // Half-open -> closed or open, by the probes.

    /// A probe of `epoch` ended; `false` when its period is over.
    pub(super) fn probe_ended(&mut self, epoch: u64, told: Told, moment: Moment<'_>) -> bool {
        self.apply_time(moment);
        if self.epoch != epoch {
            return false;
        }
        let Phase::HalfOpen { probes, .. } = &mut self.phase else { return false };
        let verdict = probes.end(told.mark, &self.config);
        self.renew(moment.now);
        match verdict {
            None => {}
            Some(Verdict::Close) => self.close(ChangeReason::ProbesSucceeded, moment),
            Some(Verdict::Reopen) => {
                self.open(ChangeReason::ProbesFailed, told.retry_after, moment);
            }
        }
        true
    }

    /// A probe of `epoch` ended without a verdict: its place is free again.
    pub(super) fn probe_released(&mut self, epoch: u64, moment: Moment<'_>) {
        self.apply_time(moment);
        if self.epoch == epoch
            && let Phase::HalfOpen { probes, .. } = &mut self.phase
        {
            probes.running -= 1;
            self.rest();
        }
    }

    /// A probe has answered: those that still run hang only if none of them does for as long
    /// again. Where probes overlap, there may never be a moment at which none runs.
    fn renew(&mut self, now: Instant) {
        let longest = end_of(self.last_wait, now);
        if let Phase::HalfOpen { limit, .. } = &mut self.phase
            && self.config.half_open_for == HalfOpenFor::WhileProbesAnswer
        {
            *limit = longest;
        }
        self.rest();
    }

    /// Lifts the limit of probes that hang while none runs: nothing hangs then, and a service
    /// that is seldom called may take long between two probes.
    fn rest(&mut self) {
        if let Phase::HalfOpen { probes: Probes { running: 0, .. }, limit } = &mut self.phase
            && self.config.half_open_for == HalfOpenFor::WhileProbesAnswer
        {
            *limit = None;
        }
    }

    // The changes themselves.

    pub(super) fn close(&mut self, reason: ChangeReason, moment: Moment<'_>) {
        self.failed_recoveries = 0;
        self.enter(Phase::Closed, reason, moment);
    }

    pub(super) fn open(
        &mut self,
        reason: ChangeReason,
        retry_after: Option<Duration>,
        moment: Moment<'_>,
    ) {
        if matches!(self.phase, Phase::HalfOpen { .. }) {
            self.failed_recoveries = self.failed_recoveries.saturating_add(1);
        }
        let opening = self.opening(reason, retry_after);
        let (wait, base) = self.wait(&opening, moment.random);
        self.last_wait = base;
        self.enter(Phase::Open { until: end_of(wait, moment.now) }, reason, moment);
    }

    const fn opening(&self, reason: ChangeReason, retry_after: Option<Duration>) -> Opening {
        Opening { reason, failed_recoveries: self.failed_recoveries, retry_after }
    }

    /// The wait to come, and what it was before jitter.
    fn wait(&self, opening: &Opening, random: &dyn Fn() -> f64) -> (Duration, Duration) {
        self.config.open_wait.of(opening, self.config.open_for_at_most(), random)
    }

    /// Begins anew in the same state.
    pub(super) const fn begin_anew(&mut self) {
        self.epoch += 1;
        self.forget_met();
    }

    /// Has the rules told of once more when they are met.
    pub(super) const fn forget_met(&mut self) {
        self.met = 0;
    }

    pub(super) fn enter(&mut self, phase: Phase, reason: ChangeReason, moment: Moment<'_>) {
        match self.phase {
            Phase::Closed | Phase::MetricsOnly => self.left = (moment.counts)(self.epoch),
            Phase::HalfOpen { probes, .. } => self.left = probes.counts(),
            Phase::Disabled => self.left = Counts::default(),
            Phase::Open { .. } | Phase::ForcedOpen => {}
        }
        let (from, at) = (self.phase.state(), moment.now);
        self.phase = phase;
        self.begin_anew();
        self.since = at;
        let change = Transition { from, to: phase.state(), reason, at };
        self.news.push(News::Changed(change));
        self.history.add(change);
    }
}

/// When a time that begins at `now` ends, if it does.
pub(super) fn end_of(time: Duration, now: Instant) -> Option<Instant> {
    (time != UNTIL_RESET).then(|| after(now, time))
}
