//! The last minutes of some calls, second by second.

use std::{collections::VecDeque, time::Duration};

use serde::Serialize;

use super::Totals;

/// The seconds that are kept and shown.
pub const KEPT: u64 = 180;

/// The seconds over which the figures of the moment are taken, with the one in progress.
const MOMENT: u64 = 3;

/// The last 180 seconds of some calls.
///
/// It holds one entry a second, so at most 181.
#[derive(Clone, Debug, Default)]
pub(super) struct Ring {
    slots: VecDeque<Slot>,
}

#[derive(Clone, Debug)]
struct Slot {
    second: u64,
    span: Duration,
    totals: Totals,
}

/// What calls look like over a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Calls a second.
    pub rate: f64,
    /// The share of calls that failed, 0 to 1, without those that were refused.
    pub failed: f64,
    /// The share of calls that a protection refused at once, 0 to 1.
    pub refused: f64,
    /// The time that half of the calls did not exceed, in milliseconds; null without calls.
    pub p50_ms: Option<f64>,
    /// The time that 99 of 100 calls did not exceed, in milliseconds; null without calls.
    pub p99_ms: Option<f64>,
    /// Attempts made again, a second.
    pub retried: f64,
}

/// What calls looked like in one second.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// The second, counted from the start of the dashboard.
    pub second: u64,
    /// What the calls looked like.
    #[serde(flatten)]
    pub figures: Figures,
}

impl Ring {
    /// Notes what happened in the `span` before `now`, times being counted from the start.
    pub(super) fn record(&mut self, now: Duration, span: Duration, totals: &Totals) {
        // A span lies in the second that holds its middle.
        let second = now.saturating_sub(span / 2).as_secs();
        match self.slots.back_mut() {
            Some(last) if last.second >= second => {
                last.span += span;
                last.totals.merge(totals);
            }
            _ => self.slots.push_back(Slot { second, span, totals: totals.clone() }),
        }
        let first = second.saturating_sub(KEPT);
        while self.slots.front().is_some_and(|slot| slot.second < first) {
            self.slots.pop_front();
        }
    }

    /// What the calls of this moment look like; `None` when none were looked at.
    pub(super) fn moment(&self, now: Duration) -> Option<Figures> {
        let first = now.as_secs().saturating_sub(MOMENT - 1);
        let recent = self.slots.iter().rev().take_while(|slot| slot.second >= first);
        let mut sum: Option<(Duration, Totals)> = None;
        for slot in recent {
            let (span, totals) = sum.get_or_insert_default();
            *span += slot.span;
            totals.merge(&slot.totals);
        }
        sum.map(|(span, totals)| Figures::of(&totals, span))
    }

    /// The whole seconds before `now`, the oldest first.
    pub(super) fn points(&self, now: Duration) -> Vec<Point> {
        let end = now.as_secs();
        let kept = end.saturating_sub(KEPT)..end;
        let slots = self.slots.iter().filter(|slot| kept.contains(&slot.second));
        let point = |slot: &Slot| Point {
            second: slot.second,
            figures: Figures::of(&slot.totals, slot.span),
        };
        slots.map(point).collect()
    }
}

impl Figures {
    #[expect(clippy::cast_precision_loss, reason = "exact below 2^53 calls")]
    fn of(totals: &Totals, span: Duration) -> Self {
        let seconds = span.as_secs_f64().max(f64::EPSILON);
        let share = |part: u64, of: u64| if of == 0 { 0.0 } else { part as f64 / of as f64 };
        let rate = |count: u64| count as f64 / seconds;
        let time = |share| totals.times.percentile(share).map(|seconds| seconds * 1_000.0);
        Self {
            rate: rate(totals.calls),
            failed: share(totals.failed.saturating_sub(totals.refused), totals.calls),
            refused: share(totals.refused, totals.calls),
            p50_ms: time(0.5),
            p99_ms: time(0.99),
            retried: rate(totals.retried),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{KEPT, Ring, Totals};

    const HALF: Duration = Duration::from_millis(500);

    fn counted(calls: u64, failed: u64) -> Totals {
        Totals { calls, failed, ..Totals::default() }
    }

    /// A ring that saw 10 calls, one of them failed, in each half second before `now`.
    fn steady(now: Duration) -> Ring {
        let mut ring = Ring::default();
        let mut at = HALF;
        while at <= now {
            ring.record(at, HALF, &counted(10, 1));
            at += HALF;
        }
        ring
    }

    #[test]
    fn a_second_holds_the_polls_in_it() {
        let points = steady(Duration::from_secs(4)).points(Duration::from_secs(4));
        assert_eq!(points.iter().map(|point| point.second).collect::<Vec<_>>(), [0, 1, 2, 3]);
        for point in points {
            assert!((point.figures.rate - 20.0).abs() < 1e-9, "{point:?}");
            assert!((point.figures.failed - 0.1).abs() < 1e-9, "{point:?}");
        }
    }

    #[test]
    fn the_second_in_progress_is_no_point_and_counts_for_the_moment() {
        let mut ring = steady(Duration::from_secs(4));
        ring.record(Duration::from_millis(4_500), HALF, &counted(50, 0));
        assert_eq!(ring.points(Duration::from_millis(4_500)).len(), 4);
        let moment = ring.moment(Duration::from_millis(4_500)).unwrap();
        // 20 + 20 + 50 calls in 2.5 s.
        assert!((moment.rate - 36.0).abs() < 1e-9, "{moment:?}");
    }

    #[test]
    fn what_was_not_looked_at_is_none_and_not_zero() {
        assert_eq!(Ring::default().moment(HALF), None);
        let ring = steady(Duration::from_secs(4));
        assert_eq!(ring.moment(Duration::from_secs(9)), None);
        assert!(ring.moment(Duration::from_secs(5)).is_some());
    }

    #[test]
    fn no_more_than_three_minutes_are_kept() {
        let end = Duration::from_secs(1_000);
        let ring = steady(end);
        assert_eq!(ring.slots.len() as u64, KEPT + 1);
        let points = ring.points(end);
        assert_eq!((points.len() as u64, points[0].second), (KEPT, 820));
    }
}
