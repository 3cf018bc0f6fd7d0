use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Verdict, Violation};
use crate::measure::{Call, Outcome};
use crate::probe::{Stored, StoredOrder};

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
/// Every acknowledged order is stored exactly once, as asked by the one of `users` who asked,
/// under the acknowledged id, and its key leads to it; an order with an unknown outcome is
/// stored at most once; nothing else. A repeated request brought the same order back.
///
/// Everything in `stored` is judged. A store that the run shares with others, as that of an
/// attached project, is cut down to the [run's own rows](Stored::of_run) before: what is wrong
/// there with the orders of others is not seen.
pub fn check_data(ledger: &[Call], users: &[Uuid], stored: &Stored) -> DataCheck {
    let mut rows: BTreeMap<&str, Vec<&StoredOrder>> = BTreeMap::new();
    for row in &stored.orders {
        rows.entry(&row.key).or_default().push(row);
    }
    let mut keys: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in &stored.keys {
        keys.entry(&row.key).or_default().push(&row.order);
    }
    let (mut acknowledged, mut unknown, mut unknown_stored, mut repeated) = (0, 0, 0, 0);
    let mut violations = Vec::new();
    for call in ledger {
        let key = || call.order.key.clone();
        let found = rows.remove(call.order.key.as_str()).unwrap_or_default();
        if found.len() > 1 {
            violations.push(Violation::Duplicated { key: key(), count: found.len() });
        }
        let user = users.get(call.order.user);
        if user.is_some_and(|user| found.iter().any(|row| row.user.parse() != Ok(*user))) {
            violations.push(Violation::OtherUser { key: key() });
        }
        match &call.outcome {
            Outcome::Acknowledged { order } => {
                acknowledged += 1;
                let right = found.iter().find(|row| as_asked(row, call) && same(row, *order));
                let keys = keys.get(call.order.key.as_str()).map_or(&[][..], Vec::as_slice);
                violations.extend(match right {
                    None if found.is_empty() => Some(Violation::Lost { key: key() }),
                    None => Some(Violation::Altered { key: key() }),
                    Some(row) => left_badly(row, keys),
                });
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
            violations.extend(repeated_badly(call, &repeat.outcome));
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
    let stored = stored.orders.len();
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

/// Where an order stands that was placed and never touched again.
const PLACED: &str = "placed";

/// What is wrong with an acknowledged order that is stored as asked; `keys` are the orders to
/// which its key leads.
fn left_badly(row: &StoredOrder, keys: &[&str]) -> Option<Violation> {
    let key = row.key.clone();
    if row.status != PLACED {
        return Some(Violation::OtherStatus { key, status: row.status.clone() });
    }
    match keys {
        [only] if *only == row.id => None,
        [_] => Some(Violation::KeyElsewhere { key }),
        _ => Some(Violation::KeyCount { key, count: keys.len() }),
    }
}

/// What is wrong with the end of a repeat of an acknowledged order.
///
/// Nothing is proved by a repeat that got no answer, that met the first request still at work
/// or a service that cannot answer at this time.
fn repeated_badly(call: &Call, outcome: &Outcome) -> Option<Violation> {
    let key = call.order.key.clone();
    match outcome {
        Outcome::Acknowledged { .. } if *outcome == call.outcome => None,
        Outcome::Acknowledged { .. } => Some(Violation::RepeatedOther { key }),
        Outcome::NoAnswer { .. } | Outcome::NotSent | Outcome::Refused { .. } => None,
        Outcome::Rejected { answer } | Outcome::Unknown { answer } => {
            let waits = answer == "409 order_in_progress" || answer.starts_with("503");
            (!waits).then(|| Violation::NotRepeated { key, answer: answer.clone() })
        }
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
    use super::super::tests::{at, call};
    use super::*;
    use crate::measure::Repeat;
    use crate::probe::StoredKey;

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
        StoredOrder {
            id: Uuid::from_u128(id).to_string(),
            key: key.to_owned(),
            user: USER.to_string(),
            item,
            quantity: 1,
            status: PLACED.to_owned(),
        }
    }

    const USER: Uuid = Uuid::from_u128(99);

    /// The key of the first order under it leads there.
    fn keys(orders: &[StoredOrder]) -> Vec<StoredKey> {
        let key = |row: &StoredOrder| StoredKey { key: row.key.clone(), order: row.id.clone() };
        let mut keys: Vec<_> = orders.iter().map(key).collect();
        keys.dedup_by(|a, b| a.key == b.key);
        keys
    }

    fn checked(ledger: &[Call], orders: &[StoredOrder]) -> DataCheck {
        let stored = Stored { orders: orders.to_vec(), keys: keys(orders) };
        check_data(ledger, &[USER], &stored)
    }

    fn found(ledger: &[Call], stored: &[StoredOrder]) -> Vec<Violation> {
        checked(ledger, stored).violations
    }

    #[test]
    fn an_order_of_another_user_is_found_whatever_was_answered() {
        let other = StoredOrder { user: Uuid::nil().to_string(), ..row("a", 1) };
        let violation = [Violation::OtherUser { key: "a".to_owned() }];
        for outcome in [acknowledged(1), Outcome::NoAnswer { why: "time is up" }] {
            assert_eq!(found(&[entry("a", outcome)], std::slice::from_ref(&other)), violation);
        }
    }

    #[test]
    fn an_acknowledged_order_that_is_no_longer_placed_is_found() {
        let cancelled = StoredOrder { status: "cancelled".to_owned(), ..row("a", 1) };
        let status = cancelled.status.clone();
        let violation = Violation::OtherStatus { key: "a".to_owned(), status };
        assert_eq!(found(&[entry("a", acknowledged(1))], &[cancelled]), [violation]);
    }

    #[test]
    fn the_key_of_an_acknowledged_order_leads_to_it_exactly_once() {
        let ledger = [entry("a", acknowledged(1))];
        let with = |keys: &[StoredKey]| {
            let stored = Stored { orders: vec![row("a", 1)], keys: keys.to_vec() };
            check_data(&ledger, &[USER], &stored).violations
        };
        let [right] = &keys(&[row("a", 1)])[..] else { panic!("one order has one key") };
        let count = |count| Violation::KeyCount { key: "a".to_owned(), count };
        assert_eq!(with(std::slice::from_ref(right)), []);
        assert_eq!(with(&[]), [count(0)]);
        assert_eq!(with(&[right.clone(), right.clone()]), [count(2)]);
        let wrong = StoredKey { order: Uuid::nil().to_string(), ..right.clone() };
        assert_eq!(with(&[wrong]), [Violation::KeyElsewhere { key: "a".to_owned() }]);
    }

    #[test]
    fn a_repeat_that_is_answered_otherwise_is_a_violation_and_one_that_must_wait_is_not() {
        let repeated = |outcome| {
            let mut call = entry("a", acknowledged(1));
            call.repeat = Some(Repeat { outcome });
            found(&[call], &[row("a", 1)])
        };
        let unknown = |answer: &str| Outcome::Unknown { answer: answer.to_owned() };
        let rejected = |answer: &str| Outcome::Rejected { answer: answer.to_owned() };
        for outcome in [
            unknown("409 order_in_progress"),
            rejected("503 user_service_unavailable"),
            Outcome::NoAnswer { why: "time is up" },
        ] {
            assert_eq!(repeated(outcome), []);
        }
        for outcome in [unknown("500"), unknown("409"), rejected("422 idempotency_key_reused")] {
            let answer = outcome.label();
            let violation = Violation::NotRepeated { key: "a".to_owned(), answer };
            assert_eq!(repeated(outcome), [violation]);
        }
    }

    #[test]
    fn acknowledged_orders_that_are_stored_once_are_intact() {
        let ledger = [entry("a", acknowledged(1)), entry("b", acknowledged(2))];
        let check = checked(&ledger, &[row("a", 1), row("b", 2)]);
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
            let with = checked(&ledger, &[row("a", 1), row("b", 2)]);
            assert_eq!((with.verdict, with.unknown, with.unknown_stored), (Verdict::Held, 1, 1));
            let without = checked(&ledger, &[row("b", 2)]);
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
        assert_eq!(checked(&[], &[]).verdict, Verdict::Inconclusive);
    }

    #[test]
    fn many_violations_are_counted_in_full_and_listed_in_part() {
        let ledger: Vec<_> = (0..50).map(|n| entry(&n.to_string(), acknowledged(n))).collect();
        let check = checked(&ledger, &[]);
        assert_eq!((check.violated, check.violations.len()), (50, LISTED));
    }
}
