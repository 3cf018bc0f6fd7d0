use std::sync::Arc;

use super::super::{Run, Tally};
use crate::sync::{explore, spawn};

#[test]
fn a_tally_ends_with_what_was_added_and_not_removed() {
    explore(2, 20, || {
        let tally = Arc::new(Tally::default());
        let other = spawn(1, {
            let tally = Arc::clone(&tally);
            move || {
                tally.add(1);
                tally.remove(1);
            }
        });
        tally.add(1);
        other.join().unwrap();
        assert_eq!(tally.count(1), 1);
    });
}

#[test]
fn what_is_late_changes_no_later_tally_and_no_later_run() {
    explore(2, 100, || {
        let both = Arc::new((Tally::default(), Run::default()));
        both.0.add(1);
        both.1.failed(1);
        let late = spawn(1, {
            let both = Arc::clone(&both);
            move || {
                both.0.add(1);
                both.0.remove(1);
                both.1.failed(1);
                both.1.succeeded(1);
            }
        });
        both.0.add(2);
        assert_eq!(both.1.failed(2), 1);
        late.join().unwrap();
        assert_eq!((both.0.count(2), both.1.length(2)), (1, 1));
    });
}

#[test]
fn failures_in_a_row_are_numbered_without_a_gap() {
    explore(2, 300, || {
        let run = Arc::new(Run::default());
        let others = [1, 2].map(|index| {
            let run = Arc::clone(&run);
            spawn(index, move || run.failed(0))
        });
        let mut lengths = vec![run.failed(0)];
        lengths.extend(others.map(|other| other.join().unwrap()));
        lengths.sort_unstable();
        assert_eq!(lengths, [1, 2, 3], "one of them sees them all");
    });
}
