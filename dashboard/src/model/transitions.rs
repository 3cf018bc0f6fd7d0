//! Tells the changes of a breaker that are seen for the first time.

use std::time::Duration;

use resilience::wire::{CircuitState, TransitionState};

/// How much the clocks of two processes drift between two polls, at most.
const DRIFT: Duration = Duration::from_millis(50);

/// A change of a breaker's state, at a time of the dashboard's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Transition {
    pub(super) from: CircuitState,
    pub(super) to: CircuitState,
    pub(super) reason: String,
    pub(super) at: Duration,
}

impl Transition {
    /// Turns an age that was told at a time into a time.
    pub(super) fn new(told: &TransitionState, at: Duration) -> Self {
        Self {
            from: told.from,
            to: told.to,
            reason: told.reason.clone(),
            at: at.saturating_sub(told.ago),
        }
    }

    fn is(&self, other: &Self, tolerance: Duration) -> bool {
        (self.from, self.to) == (other.from, other.to)
            && self.reason == other.reason
            && self.at.abs_diff(other.at) <= tolerance
    }
}

/// The number of transitions at the head of `told` that are not in `known`.
///
/// Both hold the newest first. Only one end of the list grows, so the two are laid over each
/// other: times alone would take two changes within the tolerance for one.
pub(super) fn fresh(known: &[Transition], told: &[Transition], took: Duration) -> usize {
    if known.is_empty() {
        return told.len();
    }
    let tolerance = DRIFT + took;
    let fits = |shift: &usize| {
        told[*shift..].iter().zip(known).all(|(told, known)| told.is(known, tolerance))
    };
    // When nothing fits, a clock has jumped: what is later than all that is known is still fresh.
    let later = |told: &&Transition| told.at > known[0].at + tolerance;
    let fitting = (0..told.len()).find(fits);
    fitting.unwrap_or_else(|| told.iter().take_while(later).count())
}

#[cfg(test)]
mod tests {
    use super::{CircuitState, Duration, Transition, fresh};
    use CircuitState::{Closed, HalfOpen, Open};

    const TOOK: Duration = Duration::from_millis(4);

    fn at(ms: u64, from: CircuitState, to: CircuitState) -> Transition {
        Transition { from, to, reason: "any".into(), at: Duration::from_millis(ms) }
    }

    #[test]
    fn what_was_told_before_is_not_fresh_although_its_time_differs_a_little() {
        let known = [at(500, HalfOpen, Open), at(250, Open, HalfOpen), at(0, Closed, Open)];
        let told = [at(512, HalfOpen, Open), at(262, Open, HalfOpen), at(12, Closed, Open)];
        assert_eq!(fresh(&known, &told, TOOK), 0);
    }

    #[test]
    fn only_the_head_is_fresh() {
        let known = [at(250, Open, HalfOpen), at(0, Closed, Open)];
        let told = [at(500, HalfOpen, Open), at(251, Open, HalfOpen), at(1, Closed, Open)];
        assert_eq!(fresh(&known, &told, TOOK), 1);
        assert_eq!(fresh(&[], &told, TOOK), 3);
        assert_eq!(fresh(&told, &[], TOOK), 0);
    }

    #[test]
    fn two_changes_within_the_tolerance_are_two() {
        let known = [at(10, Open, HalfOpen), at(0, Closed, Open)];
        let told = [
            at(30, Open, HalfOpen),
            at(20, HalfOpen, Open),
            at(10, Open, HalfOpen),
            at(0, Closed, Open),
        ];
        assert_eq!(fresh(&known, &told, TOOK), 2);
    }

    #[test]
    fn after_a_jump_of_the_clock_nothing_is_told_twice() {
        let known = [at(500, HalfOpen, Open), at(0, Closed, Open)];
        let told = [at(300, HalfOpen, Open), at(0, Closed, Open)];
        assert_eq!(fresh(&known, &told, TOOK), 0);
        let told = [at(900, Open, HalfOpen), at(300, HalfOpen, Open), at(0, Closed, Open)];
        assert_eq!(fresh(&known, &told, TOOK), 1);
    }

    #[test]
    fn a_list_that_lost_its_tail_still_fits() {
        let known = [at(500, HalfOpen, Open), at(250, Open, HalfOpen), at(0, Closed, Open)];
        let told = [at(750, Open, HalfOpen), at(500, HalfOpen, Open), at(250, Open, HalfOpen)];
        assert_eq!(fresh(&known, &told, TOOK), 1);
    }
}
