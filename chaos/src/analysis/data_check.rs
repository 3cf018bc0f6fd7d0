use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Verdict;
use crate::measure::{Call, Outcome};
use crate::probe::StoredOrder;

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
        }
    }
}

/// The outcome of comparing what was answered with what is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataCheck {
    /// Whether the data is as it must be; inconclusive when nothing was acknowledged.
    pub verdict: Verdict,
    /// Orders acknowledged.
    pub acknowledged: usize,
    /// Orders whose outcome the client cannot know.
    pub unknown: usize,
    /// Of these, orders that exist.
    pub unknown_stored: usize,
    /// Acknowledged orders that were sent again.
    pub repeated: usize,
    /// Orders in the database.
    pub stored: usize,
    /// The number of violations.
    pub violated: usize,
    /// The first violations.
    pub violations: Vec<Violation>,
}

/// How many violations are listed.
const LISTED: usize = 20;

/// Compares the ledger of a group with the orders in its database.
///
/// Every acknowledged order is stored exactly once, as asked and under the acknowledged
/// id; an order with an unknown outcome at most once; nothing else. A repeated request
/// that was acknowledged gave the same order.
pub fn check_data(ledger: &[Call], stored: &[StoredOrder]) -> DataCheck {
    let mut rows: BTreeMap<&str, Vec<&StoredOrder>> = BTreeMap::new();
    for row in stored {
        rows.entry(&row.key).or_default().push(row);
    }
    let (mut acknowledged, mut unknown, mut unknown_stored, mut repeated) = (0, 0, 0, 0);
    let mut violations = Vec::new();
    for call in ledger {
        let key = || call.order.key.clone();
        let found = rows.remove(call.order.key.as_str()).unwrap_or_default();
        if found.len() > 1 {
            violations.push(Violation::Duplicated { key: key(), count: found.len() });
        }
        match &call.outcome {
            Outcome::Acknowledged { order } => {
                acknowledged += 1;
                if found.is_empty() {
                    violations.push(Violation::Lost { key: key() });
                } else if !found.iter().any(|row| as_asked(row, call) && same(row, *order)) {
                    violations.push(Violation::Altered { key: key() });
                }
            }
            Outcome::Unknown { .. } | Outcome::NoAnswer { .. } => {
                unknown += 1;
                unknown_stored += usize::from(!found.is_empty());
                if found.iter().any(|row| !as_asked(row, call)) {
                    violations.push(Violation::Altered { key: key() });
                }
            }
            Outcome::Refused { .. } | Outcome::Rejected { .. } => {
                if !found.is_empty() {
                    let answer = call.outcome.label();
                    violations.push(Violation::Refused { key: key(), answer });
                }
            }
            Outcome::NotSent => {
                if !found.is_empty() {
                    violations.push(Violation::Phantom { key: key() });
                }
            }
        }
        if let Some(repeat) = &call.repeat {
            repeated += 1;
            if matches!(repeat.outcome, Outcome::Acknowledged { .. })
                && repeat.outcome != call.outcome
            {
                violations.push(Violation::RepeatedOther { key: key() });
            }
        }
    }
    let phantoms = rows.into_keys().map(|key| Violation::Phantom { key: key.to_owned() });
    violations.extend(phantoms);

    let verdict = match (violations.len(), acknowledged) {
        (0, 0) => Verdict::Inconclusive,
        (0, _) => Verdict::Held,
        _ => Verdict::Deviated,
    };
    let violated = violations.len();
    violations.truncate(LISTED);
    let stored = stored.len();
    DataCheck {
        verdict,
        acknowledged,
        unknown,
        unknown_stored,
        repeated,
        stored,
        violated,
        violations,
    }
}

fn as_asked(row: &StoredOrder, call: &Call) -> bool {
    row.item == call.order.item && row.quantity == i64::from(call.order.quantity)
}

fn same(row: &StoredOrder, order: uuid::Uuid) -> bool {
    row.id.parse() == Ok(order)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::tests::{at, call};
    use super::*;
    use crate::measure::Repeat;

    fn acknowledged(number: u128) -> Outcome {
        Outcome::Acknowledged { order: Uuid::from_u128(number) }
    }

    fn entry(key: &str, outcome: Outcome) -> Call {
        let mut call = call(0, at(0), 5, outcome);
        call.order.key = key.to_owned();
        call
    }

    fn row(key: &str, id: u128) -> StoredOrder {
        let item = entry(key, Outcome::NotSent).order.item;
        StoredOrder { id: Uuid::from_u128(id).to_string(), key: key.to_owned(), item, quantity: 1 }
    }

    fn found(ledger: &[Call], stored: &[StoredOrder]) -> Vec<Violation> {
        check_data(ledger, stored).violations
    }

    #[test]
    fn acknowledged_orders_that_are_stored_once_are_intact() {
        let ledger = [entry("a", acknowledged(1)), entry("b", acknowledged(2))];
        let check = check_data(&ledger, &[row("a", 1), row("b", 2)]);
        assert_eq!((check.verdict, check.violated), (Verdict::Held, 0));
        assert_eq!((check.acknowledged, check.stored), (2, 2));
    }

    #[test]
    fn a_missing_acknowledged_order_is_lost() {
        let lost = Violation::Lost { key: "a".to_owned() };
        assert_eq!(found(&[entry("a", acknowledged(1))], &[]), [lost]);
    }

    #[test]
    fn two_orders_under_a_key_are_a_duplicate_whatever_was_answered() {
        let rows = [row("a", 1), row("a", 2)];
        let duplicate = Violation::Duplicated { key: "a".to_owned(), count: 2 };
        assert_eq!(found(&[entry("a", acknowledged(1))], &rows), std::slice::from_ref(&duplicate));
        let unknown = Outcome::NoAnswer { why: "time is up" };
        assert_eq!(found(&[entry("a", unknown)], &rows), [duplicate]);
    }

    #[test]
    fn another_id_or_other_content_than_acknowledged_is_altered() {
        let altered = [Violation::Altered { key: "a".to_owned() }];
        let ledger = [entry("a", acknowledged(1))];
        assert_eq!(found(&ledger, &[row("a", 2)]), altered);
        assert_eq!(found(&ledger, &[StoredOrder { quantity: 7, ..row("a", 1) }]), altered);
        let open = [entry("a", Outcome::Unknown { answer: "504".to_owned() })];
        assert_eq!(found(&open, &[StoredOrder { item: "x".into(), ..row("a", 1) }]), altered);
    }

    #[test]
    fn an_order_that_was_refused_must_not_exist() {
        for outcome in [
            Outcome::Refused { by: "circuit_open".to_owned() },
            Outcome::Rejected { answer: "503".to_owned() },
        ] {
            let answer = outcome.label();
            let refused = Violation::Refused { key: "a".to_owned(), answer };
            assert_eq!(found(&[entry("a", outcome)], &[row("a", 1)]), [refused]);
        }
    }

    #[test]
    fn an_order_with_an_unknown_outcome_may_exist_or_not() {
        for outcome in
            [Outcome::NoAnswer { why: "time is up" }, Outcome::Unknown { answer: "504".to_owned() }]
        {
            let ledger = [entry("a", outcome), entry("b", acknowledged(2))];
            let with = check_data(&ledger, &[row("a", 1), row("b", 2)]);
            assert_eq!((with.verdict, with.unknown, with.unknown_stored), (Verdict::Held, 1, 1));
            let without = check_data(&ledger, &[row("b", 2)]);
            assert_eq!((without.verdict, without.unknown_stored), (Verdict::Held, 0));
        }
    }

    #[test]
    fn an_order_that_was_never_asked_for_is_a_phantom() {
        let phantom = |key: &str| Violation::Phantom { key: key.to_owned() };
        assert_eq!(found(&[], &[row("x", 1)]), [phantom("x")]);
        assert_eq!(found(&[entry("a", Outcome::NotSent)], &[row("a", 1)]), [phantom("a")]);
    }

    #[test]
    fn a_repeat_with_another_id_is_a_violation_and_one_that_failed_is_not() {
        let mut call = entry("a", acknowledged(1));
        call.repeat = Some(Repeat { outcome: acknowledged(2) });
        let other = Violation::RepeatedOther { key: "a".to_owned() };
        assert_eq!(found(&[call.clone()], &[row("a", 1)]), [other]);
        call.repeat = Some(Repeat { outcome: Outcome::Rejected { answer: "503".to_owned() } });
        assert_eq!(found(&[call], &[row("a", 1)]), []);
    }

    #[test]
    fn a_run_without_an_acknowledgement_proves_nothing() {
        assert_eq!(check_data(&[], &[]).verdict, Verdict::Inconclusive);
    }

    #[test]
    fn many_violations_are_counted_in_full_and_listed_in_part() {
        let ledger: Vec<_> = (0..50).map(|n| entry(&n.to_string(), acknowledged(n))).collect();
        let check = check_data(&ledger, &[]);
        assert_eq!((check.violated, check.violations.len()), (50, LISTED));
    }
}
