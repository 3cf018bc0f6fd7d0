use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use super::{Round, What, Word};

/// How long members were dead, as far as it was seen.
///
/// A member counts as dead from the moment at which it was killed, or else from the first round
/// that found it so, until a round had started it again or began to find it well.
#[derive(Clone, Debug, Default)]
pub struct DeadTimes {
    since: HashMap<String, Instant>,
    longest: Duration,
}

impl DeadTimes {
    /// Takes in that `member` was killed.
    pub fn killed(&mut self, member: &str, at: Instant) {
        self.since.entry(member.to_owned()).or_insert(at);
    }

    /// Takes in a round that ran from `began` to `ended`.
    pub fn see(&mut self, round: &Round, began: Instant, ended: Instant) {
        for check in round.checks.iter().filter(|check| check.what == What::Ready) {
            if check.dead {
                self.since.entry(check.member.clone()).or_insert(began);
            }
            let Some(&since) = self.since.get(&check.member) else { continue };
            let back = match check.word {
                // The start is over before the round is, which waits for orders too.
                Word::Restarted { took } => Some(began + took),
                // It had looked when the member was killed.
                Word::Ok if began <= since => continue,
                Word::Ok => Some(began),
                Word::Failed { .. } => None,
            };
            let dead = back.unwrap_or(ended).saturating_duration_since(since);
            self.longest = self.longest.max(dead);
            if back.is_some() {
                self.since.remove(&check.member);
            }
        }
    }

    /// The longest time that a member was dead.
    pub const fn longest(&self) -> Duration {
        self.longest
    }
}

#[cfg(test)]
mod tests {
    use super::super::Check;
    use super::*;

    fn round(dead: bool, word: Word) -> Round {
        let check = Check { member: "user".to_owned(), what: What::Ready, dead, word };
        Round { checks: vec![check] }
    }

    fn failed() -> Word {
        Word::Failed { why: String::new() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_restart_within_a_round_counts_for_as_long_as_it_took() {
        let mut times = DeadTimes::default();
        let began = Instant::now();
        let took = Duration::from_millis(300);
        times.see(&round(true, Word::Restarted { took }), began, began + Duration::from_secs(9));
        assert_eq!(times.longest(), took);
    }

    #[tokio::test(start_paused = true)]
    async fn a_member_that_stays_dead_over_rounds_counts_from_the_first() {
        let mut times = DeadTimes::default();
        let began = Instant::now();
        let second = Duration::from_secs(1);
        times.see(&round(true, failed()), began, began + second);
        assert_eq!(times.longest(), second);
        times.see(&round(true, failed()), began + 2 * second, began + 3 * second);
        times.see(&round(false, Word::Ok), began + 4 * second, began + 5 * second);
        assert_eq!(times.longest(), 4 * second);
        times.see(&round(true, failed()), began + 8 * second, began + 9 * second);
        assert_eq!(times.longest(), 4 * second, "that is another death");
    }

    #[tokio::test(start_paused = true)]
    async fn a_kill_that_was_seen_counts_from_then_and_not_for_the_round_that_had_looked() {
        let mut times = DeadTimes::default();
        let began = Instant::now();
        let second = Duration::from_secs(1);
        times.killed("user", began + second);
        times.see(&round(false, Word::Ok), began, began + 2 * second);
        let word = Word::Restarted { took: second };
        times.see(&round(true, word), began + 3 * second, began + 5 * second);
        assert_eq!(times.longest(), 3 * second);
    }

    #[tokio::test(start_paused = true)]
    async fn a_member_that_lives_and_fails_is_not_dead() {
        let mut times = DeadTimes::default();
        let began = Instant::now();
        times.see(&round(false, failed()), began, began + Duration::from_secs(5));
        assert_eq!(times.longest(), Duration::ZERO);
    }
}
