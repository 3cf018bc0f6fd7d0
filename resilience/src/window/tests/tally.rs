//! How many there are at this moment.

use crate::window::Tally;

#[test]
fn what_comes_and_goes_in_one_epoch_is_counted() {
    let tally = Tally::default();
    for _ in 0..3 {
        tally.add(7);
    }
    tally.remove(7);
    assert_eq!((tally.count(7), tally.count(6), tally.count(8)), (2, 0, 0));
    tally.set(7, 40);
    assert_eq!(tally.count(7), 40);
}

#[test]
fn an_epoch_that_is_over_changes_nothing_and_a_later_one_begins_with_none() {
    let tally = Tally::default();
    tally.add(4);
    tally.add(5);
    assert_eq!((tally.count(4), tally.count(5)), (0, 1));
    tally.add(4);
    tally.remove(4);
    tally.set(4, 9);
    assert_eq!((tally.count(4), tally.count(5)), (0, 1));
    tally.remove(6);
    assert_eq!((tally.count(5), tally.count(6)), (0, 0), "one that was never added");
}

#[test]
fn neither_end_of_the_numbers_is_passed() {
    let tally = Tally::default();
    tally.remove(0);
    assert_eq!(tally.count(0), 0);
    tally.set(0, u32::MAX);
    tally.add(0);
    assert_eq!(tally.count(0), u32::MAX);
}

#[test]
fn threads_that_add_and_remove_at_once_lose_nothing() {
    let tally = Tally::default();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for n in 0..10_000 {
                    tally.add(1);
                    if n % 4 != 0 {
                        tally.remove(1);
                    }
                }
            });
        }
    });
    assert_eq!(tally.count(1), 10_000);
}

#[test]
fn threads_of_an_earlier_epoch_leave_the_next_alone() {
    let tally = Tally::default();
    tally.add(2);
    std::thread::scope(|scope| {
        scope.spawn(|| (0..10_000).for_each(|_| tally.add(1)));
        scope.spawn(|| (0..10_000).for_each(|_| tally.remove(1)));
        scope.spawn(|| (0..10_000).for_each(|_| tally.add(2)));
    });
    assert_eq!((tally.count(1), tally.count(2)), (0, 10_001));
}
