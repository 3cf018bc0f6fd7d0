//! What a breaker should do, in the plainest way: every result is kept in a list, and all is
//! worked out anew from the lists. Times are in milliseconds since the breaker was made.

use crate::circuit_breaker::{HalfOpen, Move, State};

pub(super) const FIRST_WAIT: u64 = 1_000;
pub(super) const LONGEST_WAIT: u64 = 8_000;

#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) window: usize,
    pub(super) min_calls: usize,
    /// 0 for none.
    pub(super) in_a_row: usize,
    pub(super) half_open: HalfOpen,
}

/// How a call ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    Succeeds,
    Fails,
    Ignored,
    Dropped,
}

/// The right to make a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    era: u32,
}

/// What there is to see.
#[derive(Debug, PartialEq)]
pub(super) struct Look {
    pub(super) state: State,
    pub(super) total: usize,
    pub(super) failed: usize,
    pub(super) in_a_row: usize,
    pub(super) free_probes: usize,
    pub(super) refused: u32,
    pub(super) time_left: Option<u64>,
}

/// How calls were counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Ends {
    pub(super) succeeded: u64,
    pub(super) failed: u64,
    pub(super) ignored: u64,
    pub(super) cancelled: u64,
    pub(super) refused: u64,
    pub(super) stale: u64,
}

#[derive(Debug)]
pub(super) struct Reference {
    settings: Settings,
    pub(super) now: u64,
    state: State,
    /// Of an open state that ends.
    until: Option<u64>,
    /// Goes up whenever calls that run stop to matter.
    era: u32,
    /// The results of this era, `true` for a failure.
    results: Vec<bool>,
    /// The probes that run.
    running: usize,
    /// Since when they run, or the last one answered.
    running_since: u64,
    failed_recoveries: u32,
    last_wait: u64,
    left: (usize, usize),
    met: Vec<&'static str>,
    refused: u32,
    pub(super) events: Vec<String>,
    pub(super) ends: Ends,
}

fn counts(results: &[bool]) -> (usize, usize) {
    (results.len(), results.iter().filter(|failed| **failed).count())
}

impl Reference {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            now: 0,
            state: State::Closed,
            until: None,
            era: 0,
            results: Vec::new(),
            running: 0,
            running_since: 0,
            failed_recoveries: 0,
            last_wait: FIRST_WAIT,
            left: (0, 0),
            met: Vec::new(),
            refused: 0,
            events: Vec::new(),
            ends: Ends::default(),
        }
    }

    pub(super) fn call(&mut self) -> Option<Held> {
        self.settle();
        if self.is_waited() {
            self.enter(State::HalfOpen, "wait_over");
        }
        let passes = match self.state {
            State::Closed | State::Disabled | State::MetricsOnly => true,
            State::HalfOpen => self.free_probes() > 0,
            _ => false,
        };
        if !passes {
            self.refused += 1;
            self.ends.refused += 1;
            return None;
        }
        if self.state == State::HalfOpen {
            if self.running == 0 {
                self.running_since = self.now;
            }
            self.running += 1;
        }
        Some(Held { era: self.era })
    }

    pub(super) fn end(&mut self, held: Held, end: End) {
        self.settle();
        let counts = held.era == self.era;
        self.running -= usize::from(counts && self.state == State::HalfOpen);
        match end {
            End::Dropped => self.ends.cancelled += 1,
            End::Ignored => self.ends.ignored += 1,
            _ if !counts => self.ends.stale += 1,
            _ if self.state == State::Disabled => self.ends.ignored += 1,
            End::Succeeds | End::Fails => {
                self.ends.succeeded += u64::from(end == End::Succeeds);
                self.ends.failed += u64::from(end == End::Fails);
                self.results.push(end == End::Fails);
                if self.state == State::HalfOpen {
                    self.running_since = self.now;
                    self.judge_probes();
                } else {
                    self.judge();
                }
            }
        }
    }

    pub(super) fn make(&mut self, step: Move) {
        self.settle();
        let is_waited = self.is_waited();
        match step {
            Move::Open | Move::OpenFor(_) | Move::HalfOpen if is_waited => {
                self.enter(State::HalfOpen, "wait_over");
            }
            _ if is_waited => self.left = (0, 0),
            _ => {}
        }
        match (step, self.state) {
            (Move::Open, State::Open)
            | (Move::HalfOpen, State::HalfOpen)
            | (Move::ForceOpen, State::ForcedOpen)
            | (Move::Disable, State::Disabled)
            | (Move::MetricsOnly, State::MetricsOnly)
            | (Move::Close, State::Closed) => {}
            (Move::Open, _) => self.open("manual", self.now),
            (Move::OpenFor(time), state) => {
                if state != State::Open {
                    self.open("manual", self.now);
                }
                self.until = Some(self.now + u64::try_from(time.as_millis()).unwrap());
            }
            (Move::HalfOpen, _) => self.enter(State::HalfOpen, "manual"),
            (Move::ForceOpen, _) => self.enter(State::ForcedOpen, "manual"),
            (Move::Disable, _) => self.enter(State::Disabled, "manual"),
            (Move::MetricsOnly, _) => self.enter(State::MetricsOnly, "manual"),
            (Move::Close, _) => self.rest_in(State::Closed, "manual"),
            (Move::Reset, State::Closed) => {
                self.failed_recoveries = 0;
                self.begin();
            }
            (Move::Reset, _) => self.rest_in(State::Closed, "reset"),
            other => unreachable!("{other:?} is not made here"),
        }
    }

    pub(super) fn look(&mut self) -> Look {
        self.settle();
        let state = if self.is_waited() { State::HalfOpen } else { self.state };
        let (total, failed) = match self.state {
            State::Open if state == State::HalfOpen => (0, 0),
            State::Open | State::ForcedOpen => self.left,
            State::HalfOpen => counts(&self.results),
            _ => self.in_window(),
        };
        Look {
            state,
            total,
            failed,
            in_a_row: if self.counts_calls() { self.in_a_row() } else { 0 },
            free_probes: if state == State::HalfOpen { self.free_probes() } else { 0 },
            refused: if state == self.state { self.refused } else { 0 },
            time_left: self.until.filter(|_| state == State::Open).map(|until| until - self.now),
        }
    }

    fn is_waited(&self) -> bool {
        self.state == State::Open && self.until.is_some_and(|until| until <= self.now)
    }

    fn counts_calls(&self) -> bool {
        matches!(self.state, State::Closed | State::MetricsOnly)
    }

    /// Probes that run while none answers for as long as the wait before them reopen it.
    fn settle(&mut self) {
        let limit = self.running_since + self.last_wait;
        if self.state == State::HalfOpen && self.running > 0 && limit <= self.now {
            self.open("probes_timed_out", limit);
        }
    }

    fn in_window(&self) -> (usize, usize) {
        counts(&self.results[self.results.len().saturating_sub(self.settings.window)..])
    }

    fn in_a_row(&self) -> usize {
        let run = self.results.iter().rev().take_while(|failed| **failed).count();
        if self.settings.in_a_row == 0 { 0 } else { run }
    }

    fn free_probes(&self) -> usize {
        let places = match self.settings.half_open {
            HalfOpen::PermittedCalls { calls } => calls,
            HalfOpen::Ratio { of, .. } => of,
            HalfOpen::Thresholds { calls, .. } => calls.expect("limited here"),
            other @ HalfOpen::Shares { .. } => unreachable!("{other:?} is not used here"),
        } as usize;
        // Of a wait that is over the results are those of the state before.
        let ended = if self.state == State::HalfOpen { self.results.len() } else { 0 };
        places - ended - self.running
    }

    fn judge(&mut self) {
        let (total, failed) = self.in_window();
        let least = self.settings.min_calls.min(self.settings.window);
        let is_run = self.settings.in_a_row > 0 && self.in_a_row() >= self.settings.in_a_row;
        let is_rate = total >= least && failed * 2 >= total;
        let rules = [(is_run, "consecutive_failures"), (is_rate, "failure_rate")];
        for (is_met, rule) in rules {
            if is_met && !self.met.contains(&rule) {
                self.met.push(rule);
                self.events.push(format!("met {rule}"));
                if self.state == State::Closed {
                    return self.open(rule, self.now);
                }
            }
        }
    }

    fn judge_probes(&mut self) {
        let (total, failed) = counts(&self.results);
        let succeeded = total - failed;
        let (closes, opens) = match self.settings.half_open {
            HalfOpen::Ratio { successes, of } => {
                (succeeded >= successes as usize, failed > (of - successes) as usize)
            }
            HalfOpen::Thresholds { successes, failures, .. } => {
                (succeeded >= successes as usize, failed >= failures as usize)
            }
            _ => (self.free_probes() + self.running == 0 && failed * 2 < total, {
                self.free_probes() + self.running == 0 && failed * 2 >= total
            }),
        };
        if closes {
            self.rest_in(State::Closed, "probes_succeeded");
        } else if opens {
            self.open("probes_failed", self.now);
        }
    }

    fn open(&mut self, reason: &str, at: u64) {
        self.failed_recoveries += u32::from(self.state == State::HalfOpen);
        let growth = 2u64.saturating_pow(self.failed_recoveries);
        self.last_wait = FIRST_WAIT.saturating_mul(growth).min(LONGEST_WAIT);
        self.enter(State::Open, reason);
        self.until = Some(at + self.last_wait);
    }

    fn rest_in(&mut self, state: State, reason: &str) {
        self.failed_recoveries = 0;
        self.enter(state, reason);
    }

    fn enter(&mut self, state: State, reason: &str) {
        match self.state {
            State::HalfOpen => self.left = counts(&self.results),
            State::Disabled => self.left = (0, 0),
            _ if self.counts_calls() => self.left = self.in_window(),
            _ => {}
        }
        self.events.push(format!("{} > {}: {reason}", self.state.as_str(), state.as_str()));
        self.state = state;
        self.until = None;
        self.begin();
    }

    fn begin(&mut self) {
        self.era += 1;
        self.results.clear();
        self.met.clear();
        self.running = 0;
        self.refused = 0;
    }
}
