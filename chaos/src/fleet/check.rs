use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

/// What one look at a fleet has found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Round {
    /// One for each member and question.
    pub checks: Vec<Check>,
}

impl Round {
    /// Whether everything is well in the end, be it after a restart.
    pub fn healthy(&self) -> bool {
        self.checks.iter().all(|check| check.word.is_well())
    }

    /// Whether a member was found dead.
    pub fn met_the_dead(&self) -> bool {
        self.checks.iter().any(|check| check.dead)
    }

    /// How many members were started again.
    pub fn restarts(&self) -> usize {
        let restarted = |check: &&Check| matches!(check.word, Word::Restarted { .. });
        self.checks.iter().filter(restarted).count()
    }
}

/// One question to one member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Whom it was put to.
    pub member: String,
    /// The question.
    pub what: What,
    /// Whether the member was found dead; asked together with [`What::Ready`].
    pub dead: bool,
    /// The answer.
    #[serde(flatten)]
    pub word: Word,
}

/// A question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Does it say that it is ready?
    Ready,
    /// Does it acknowledge an order?
    Order,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "word")]
pub enum Word {
    /// Yes.
    Ok,
    /// It was dead, was started again, and is ready.
    Restarted {
        /// How long that took.
        #[serde(rename = "took_s", serialize_with = "seconds")]
        took: Duration,
    },
    /// No.
    Failed {
        /// Why.
        why: String,
    },
}

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((time.as_secs_f64() * 1_000.0).round() / 1_000.0)
}

impl Word {
    const fn is_well(&self) -> bool {
        matches!(self, Self::Ok | Self::Restarted { .. })
    }

    /// A sign that is told apart by its shape.
    const fn sign(&self) -> char {
        match self {
            Self::Ok => '✔',
            Self::Restarted { .. } => '↻',
            Self::Failed { .. } => '✘',
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.what {
            What::Ready => "ready",
            What::Order => "order",
        };
        write!(f, "{} {:<13} {what}  {}", self.word.sign(), self.member, self.word)
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("ok"),
            Self::Restarted { took } => {
                write!(f, "dead, started again in {:.2} s", took.as_secs_f64())
            }
            Self::Failed { why } => write!(f, "failed: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(word: Word) -> Check {
        let dead = word != Word::Ok;
        Check { member: "user".to_owned(), what: What::Ready, dead, word }
    }

    fn restarted() -> Word {
        Word::Restarted { took: Duration::from_micros(123_456) }
    }

    fn failed() -> Word {
        Word::Failed { why: "it is dead".to_owned() }
    }

    #[test]
    fn a_restart_makes_a_round_healthy_and_a_failure_does_not() {
        let round = |words: &[Word]| Round { checks: words.iter().cloned().map(check).collect() };
        assert!(round(&[Word::Ok]).healthy() && !round(&[Word::Ok]).met_the_dead());
        let mended = round(&[Word::Ok, restarted()]);
        assert!(mended.healthy() && mended.met_the_dead());
        assert_eq!(mended.restarts(), 1);
        assert!(!round(&[restarted(), failed()]).healthy());
    }

    #[test]
    fn a_check_reads_as_a_line_with_a_sign() {
        assert_eq!(check(Word::Ok).to_string(), "✔ user          ready  ok");
        let line = check(restarted()).to_string();
        assert_eq!(line, "↻ user          ready  dead, started again in 0.12 s");
        assert_eq!(check(failed()).to_string(), "✘ user          ready  failed: it is dead");
    }

    #[test]
    fn the_json_of_a_check_is_flat() {
        let value = serde_json::to_value(check(restarted())).unwrap();
        let expected = json!({
            "member": "user", "what": "ready", "dead": true, "word": "restarted", "took_s": 0.123
        });
        assert_eq!(value, expected);
    }
}
