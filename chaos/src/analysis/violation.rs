use std::fmt;

use serde::{Deserialize, Serialize};

/// A broken rule of the data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "violation")]
pub enum Violation {
    /// An acknowledged order is not there.
    Lost {
        /// Its idempotency key.
        key: String,
    },
    /// More than one order exists under a key.
    Duplicated {
        /// The key.
        key: String,
        /// How many there are.
        count: usize,
    },
    /// The order under a key is not the acknowledged one, or differs from what was asked.
    Altered {
        /// The key.
        key: String,
    },
    /// An order exists although the answer said that nothing was written.
    Refused {
        /// The key.
        key: String,
        /// The answer.
        answer: String,
    },
    /// An order exists that nobody asked for.
    Phantom {
        /// The key.
        key: String,
    },
    /// A repeated request was acknowledged with another order.
    RepeatedOther {
        /// The key.
        key: String,
    },
    /// A repeated request did not bring the order back, although nothing stood in its way.
    NotRepeated {
        /// The key.
        key: String,
        /// The answer.
        answer: String,
    },
    /// The order under a key belongs to another user than asked.
    OtherUser {
        /// The key.
        key: String,
    },
    /// An acknowledged order does not stand where it was left.
    OtherStatus {
        /// The key.
        key: String,
        /// Where it stands.
        status: String,
    },
    /// The key of an acknowledged order was not used up exactly once.
    KeyCount {
        /// The key.
        key: String,
        /// How often.
        count: usize,
    },
    /// The key of an acknowledged order points to another order.
    KeyElsewhere {
        /// The key.
        key: String,
    },
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost { key } => write!(f, "{key}: acknowledged, but not stored"),
            Self::Duplicated { key, count } => write!(f, "{key}: stored {count} times"),
            Self::Altered { key } => {
                write!(f, "{key}: stored with another id or content than acknowledged")
            }
            Self::Refused { key, answer } => write!(f, "{key}: answered {answer}, but stored"),
            Self::Phantom { key } => write!(f, "{key}: stored, but never asked for"),
            Self::RepeatedOther { key } => write!(f, "{key}: repeated, and got another order"),
            Self::NotRepeated { key, answer } => {
                write!(f, "{key}: repeated, and answered {answer} in place of the order")
            }
            Self::OtherUser { key } => write!(f, "{key}: stored for another user than asked"),
            Self::OtherStatus { key, status } => {
                write!(f, "{key}: stored as `{status}`, but nobody has changed it")
            }
            Self::KeyCount { key, count } => {
                write!(f, "{key}: acknowledged, but its key is noted {count} times")
            }
            Self::KeyElsewhere { key } => write!(f, "{key}: its key points to another order"),
        }
    }
}
