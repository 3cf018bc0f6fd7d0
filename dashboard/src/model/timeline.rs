//! What a thing was, and from when to when.

use std::{collections::VecDeque, time::Duration};

use super::ring::KEPT;

/// The changes that are kept.
const MOST: usize = 256;

/// What a thing was over the last minutes.
///
/// It holds 256 changes at most.
#[derive(Clone, Debug)]
pub(super) struct Timeline<T> {
    changes: VecDeque<(Duration, T)>,
}

impl<T> Default for Timeline<T> {
    fn default() -> Self {
        Self { changes: VecDeque::new() }
    }
}

impl<T: PartialEq> Timeline<T> {
    /// From `at` on it is `value`.
    pub(super) fn set(&mut self, at: Duration, value: T) {
        let last = self.changes.back();
        if last.is_some_and(|(_, last)| *last == value) {
            return;
        }
        // A clock that is read from ages may step back by as much as an answer took.
        let at = last.map_or(at, |(last, _)| at.max(*last));
        self.changes.push_back((at, value));
        let horizon = at.saturating_sub(Duration::from_secs(KEPT));
        // The change before the horizon tells what it was there.
        while self.changes.len() > MOST || self.changes.get(1).is_some_and(|(at, _)| *at < horizon)
        {
            self.changes.pop_front();
        }
    }

    /// What it was in the last minutes, the oldest first, in seconds.
    pub(super) fn stretches(&self, now: Duration) -> impl Iterator<Item = (&T, [f64; 2])> {
        let horizon = now.saturating_sub(Duration::from_secs(KEPT));
        let ends = self.changes.iter().skip(1).map(|(at, _)| *at).chain([now]);
        let stretches = self.changes.iter().zip(ends).filter(move |(_, end)| *end > horizon);
        stretches.map(move |((from, value), to)| {
            (value, [(*from).max(horizon).as_secs_f64(), to.as_secs_f64()])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Timeline};

    fn stretches(timeline: &Timeline<char>, now: u64) -> Vec<(char, f64, f64)> {
        let stretches = timeline.stretches(Duration::from_secs(now));
        stretches.map(|(value, [from, to])| (*value, from, to)).collect()
    }

    #[test]
    fn each_value_lasts_until_the_next_and_the_last_until_now() {
        let mut timeline = Timeline::default();
        for (at, value) in [(1, 'a'), (2, 'a'), (3, 'b'), (5, 'a')] {
            timeline.set(Duration::from_secs(at), value);
        }
        assert_eq!(stretches(&timeline, 9), [('a', 1.0, 3.0), ('b', 3.0, 5.0), ('a', 5.0, 9.0)]);
    }

    #[test]
    fn what_ended_before_the_last_three_minutes_is_gone() {
        let mut timeline = Timeline::default();
        for (at, value) in [(1, 'a'), (100, 'b'), (200, 'c')] {
            timeline.set(Duration::from_secs(at), value);
        }
        assert_eq!(stretches(&timeline, 290), [('b', 110.0, 200.0), ('c', 200.0, 290.0)]);
        assert_eq!(stretches(&timeline, 1_000), [('c', 820.0, 1_000.0)]);
    }

    #[test]
    fn changes_are_bounded_however_fast_they_come() {
        let mut timeline = Timeline::default();
        for at in 0..10_000 {
            timeline.set(Duration::from_millis(at), at);
        }
        assert_eq!(timeline.changes.len(), 256);
    }
}
