//! Moves by hand.

use std::{error, fmt, time::Duration};

use tokio::time::Instant;

use super::{
    machine::{Machine, Moment, end_of},
    phase::Phase,
};
use crate::{
    event::{ChangeReason, State},
    window::Counts,
};

/// A move of a circuit breaker by hand.
///
/// A move to the state that the breaker is in changes nothing and is not reported, but for
/// the end of an open wait, which is set, and a reset, which empties the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Move {
    /// Open, for as long as after any opening.
    Open,
    /// Open for this long.
    OpenFor(Duration),
    /// Open until then.
    OpenUntil(Instant),
    /// Half-open.
    HalfOpen,
    /// Open until the next move by hand.
    ForceOpen,
    /// Admitting all calls and counting none, until the next move by hand.
    Disable,
    /// Admitting and counting all calls, reporting what the rules say and not opening, until
    /// the next move by hand.
    MetricsOnly,
    /// Closed.
    Close,
    /// Closed with an empty window.
    Reset,
}

/// A move by hand that [`strict_transitions`](super::ConfigBuilder::strict_transitions) forbids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IllegalTransition {
    /// The state that the breaker is in.
    pub from: State,
    /// The state that it should enter.
    pub to: State,
}

impl fmt::Display for IllegalTransition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (self.from.as_str(), self.to.as_str());
        write!(f, "a circuit breaker that is {from} cannot be made {to}")
    }
}

impl error::Error for IllegalTransition {}

impl Machine {
    /// Makes a move.
    pub(super) fn apply(
        &mut self,
        step: Move,
        moment: Moment<'_>,
    ) -> Result<(), IllegalTransition> {
        self.apply_time(moment);
        let from = self.state_at(moment.now);
        let is_ordinary =
            matches!(step, Move::Open | Move::OpenFor(_) | Move::OpenUntil(_) | Move::HalfOpen);
        if from == State::HalfOpen && self.phase.state() == State::Open {
            // Half-open by its look already, with counters of its own.
            if is_ordinary {
                self.half_open(ChangeReason::WaitOver, moment);
            } else {
                self.left = Counts::default();
            }
        }
        match step {
            Move::Open if from == State::Open => {}
            Move::Open => self.open(ChangeReason::Manual, None, moment),
            Move::OpenFor(time) => self.open_until(end_of(time, moment.now), moment),
            Move::OpenUntil(until) => self.open_until(Some(until), moment),
            Move::HalfOpen if matches!(self.phase, Phase::HalfOpen { .. }) => {}
            Move::HalfOpen if from == State::Closed && self.config.is_strict => {
                return Err(IllegalTransition { from, to: State::HalfOpen });
            }
            Move::HalfOpen => self.half_open(ChangeReason::Manual, moment),
            Move::ForceOpen => self.force(Phase::ForcedOpen, moment),
            Move::Disable => self.force(Phase::Disabled, moment),
            Move::MetricsOnly => self.force(Phase::MetricsOnly, moment),
            Move::Close if from == State::Closed => {}
            Move::Close => self.close(ChangeReason::Manual, moment),
            Move::Reset if from == State::Closed => {
                // Not a change that anybody sees, but what was counted must be out.
                self.begin_anew();
            }
            Move::Reset => self.close(ChangeReason::Reset, moment),
        }
        Ok(())
    }

    fn open_until(&mut self, until: Option<Instant>, moment: Moment<'_>) {
        if !matches!(self.phase, Phase::Open { .. }) {
            self.open(ChangeReason::Manual, None, moment);
        }
        self.phase = Phase::Open { until };
    }

    fn force(&mut self, phase: Phase, moment: Moment<'_>) {
        if self.phase != phase {
            self.enter(phase, ChangeReason::Manual, moment);
        }
    }
}
