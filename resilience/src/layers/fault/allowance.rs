use crate::ratio::Ratio;

/// One call, in the parts in which shares of calls are added up: sums of floats would drift.
const CALL: u64 = 1_000_000_000;

/// How many calls' shares may be saved up, so that a plan goes by the recent traffic: what a
/// quiet hour has not used must not make the next minute worse.
const SAVED: u64 = 1_000;

/// How many calls may be hit by what has been seen so far.
#[derive(Debug)]
pub(super) struct Allowance {
    /// The parts that a call brings; `None` for no bound.
    share: Option<u64>,
    parts: u64,
}

impl Allowance {
    /// Allows `share` of the calls; `None` and the whole allow all.
    pub(super) fn of(share: Option<Ratio>) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share below 1, in billionths"
        )]
        let parts = |share: Ratio| (share.as_f64() * 1e9).round() as u64;
        Self { share: share.filter(|share| *share < Ratio::ONE).map(parts), parts: 0 }
    }

    /// A call was seen.
    pub(super) fn see(&mut self) {
        if let Some(share) = self.share {
            // A share below a thousandth must be able to save up one call.
            self.parts = (self.parts + share).min(CALL.max(share * SAVED));
        }
    }

    /// Whether one more call may be hit; if so, it is.
    pub(super) const fn spend(&mut self) -> bool {
        if self.share.is_none() {
            return true;
        }
        let has_one = self.parts >= CALL;
        if has_one {
            self.parts -= CALL;
        }
        has_one
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Allowance, Ratio};

    /// Which of the calls are hit, where some would be without the bound.
    fn hits(share: Ratio, wanted: &[bool]) -> Vec<bool> {
        let mut allowance = Allowance::of(Some(share));
        let mut call = |wanted: &bool| {
            allowance.see();
            *wanted && allowance.spend()
        };
        wanted.iter().map(&mut call).collect()
    }

    fn count(of: &[bool]) -> u64 {
        of.iter().map(|is_hit| u64::from(*is_hit)).sum()
    }

    #[test]
    fn none_and_all_are_exact() {
        let all = vec![true; 5_000];
        assert_eq!(count(&hits(Ratio::ZERO, &all)), 0);
        assert_eq!(count(&hits(Ratio::ONE, &all)), 5_000);
    }

    #[test]
    fn a_tenth_is_each_tenth_call_and_no_rounding_adds_up() {
        for (at, is_hit) in hits(Ratio::percent(10), &vec![true; 100_000]).iter().enumerate() {
            assert_eq!(*is_hit, at % 10 == 9, "{at}");
        }
    }

    #[test]
    fn a_share_below_a_thousandth_is_kept_too() {
        let share = Ratio::new(0.0005).unwrap();
        assert_eq!(count(&hits(share, &vec![true; 20_000])), 10);
    }

    #[test]
    fn what_a_long_quiet_time_has_not_used_is_not_saved_up() {
        let quiet = vec![false; 100_000];
        let wanted = [quiet, vec![true; 1_000]].concat();
        // A tenth of the thousand before and of the thousand themselves, but for the first of these,
        // which finds all saved up that can be.
        assert_eq!(count(&hits(Ratio::percent(10), &wanted)), 199);
    }

    proptest! {
        #[test]
        fn no_stretch_of_calls_has_more_hits_than_its_share_and_what_was_saved(
            thousandths in 0..=1_000_u32,
            wanted in prop::collection::vec(prop::bool::weighted(0.7), 0..4_000),
        ) {
            let share = Ratio::new(f64::from(thousandths) / 1_000.0).unwrap();
            let hits = hits(share, &wanted);
            let (mut hit, mut busiest) = (0_u64, Vec::new());
            for (at, is_hit) in hits.iter().enumerate() {
                hit += u64::from(*is_hit);
                let seen = at as u64 + 1;
                prop_assert!(hit * 1_000 <= u64::from(thousandths) * seen, "{} of {}", hit, seen);
                busiest.push(hit * 1_000);
            }
            for from in (0..hits.len()).step_by(97) {
                for to in (from..hits.len()).step_by(89) {
                    let among = busiest[to] - busiest[from];
                    let calls = (to - from) as u64;
                    let saved = (u64::from(thousandths) * 1_000).max(1_000);
                    prop_assert!(among <= u64::from(thousandths) * calls + saved);
                }
            }
        }

        #[test]
        fn whoever_wants_all_gets_the_share_to_the_call(
            thousandths in 0..=1_000_u32,
            calls in 0..5_000_usize,
        ) {
            let share = Ratio::new(f64::from(thousandths) / 1_000.0).unwrap();
            let hit = count(&hits(share, &vec![true; calls]));
            prop_assert_eq!(hit, u64::from(thousandths) * calls as u64 / 1_000);
        }
    }
}
