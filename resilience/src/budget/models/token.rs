use std::{sync::Arc, time::Duration};

use super::super::{config::TokenBudget, token::Tokens};
use crate::{
    ratio::Ratio,
    sync::{explore, spawn},
};

/// A budget in which a call brings a whole token, which lives for ten slots of a second.
fn budget(min_per_sec: u32) -> Arc<Tokens> {
    let config = TokenBudget::builder().min_per_sec(min_per_sec).ratio(Ratio::ONE).build();
    Arc::new(Tokens::new(config.unwrap()))
}

trait AtSecond {
    fn deposit_at(&self, second: u64);
    fn withdraw_at(&self, second: u64) -> bool;
    /// All that is left, taken.
    fn rest_at(&self, second: u64) -> u32;
}

impl AtSecond for Tokens {
    fn deposit_at(&self, second: u64) {
        self.deposit(self.origin + Duration::from_secs(second));
    }

    fn withdraw_at(&self, second: u64) -> bool {
        self.withdraw(self.origin + Duration::from_secs(second))
    }

    fn rest_at(&self, second: u64) -> u32 {
        let mut rest = 0;
        while self.withdraw_at(second) {
            rest += 1;
        }
        rest
    }
}

#[test]
fn a_token_is_granted_once() {
    explore(3, 100, || {
        let budget = budget(0);
        budget.deposit_at(0);
        let other = spawn(1, {
            let budget = Arc::clone(&budget);
            move || budget.withdraw_at(0)
        });
        let mine = budget.withdraw_at(0);
        assert_eq!(u32::from(mine) + u32::from(other.join().unwrap()), 1);
    });
}

#[test]
fn deposits_and_withdrawals_at_once_come_to_what_was_deposited() {
    explore(2, 20_000, || {
        let budget = budget(0);
        let others = [1, 2].map(|index| {
            let budget = Arc::clone(&budget);
            spawn(index, move || {
                budget.deposit_at(0);
                budget.withdraw_at(0)
            })
        });
        let mine = budget.withdraw_at(0);
        let granted = others.map(|other| other.join().unwrap());
        let granted = granted.into_iter().chain([mine]).filter(|granted| *granted).count();
        assert_eq!(u32::try_from(granted).unwrap() + budget.rest_at(0), 2);
    });
}

#[test]
fn a_token_that_is_there_is_granted_whatever_others_deposit() {
    // The stripe of the other thread holds a token that has expired, and enters the new slot.
    for min_per_sec in [0, 1] {
        explore(3, 100, move || {
            let budget = budget(min_per_sec);
            budget.deposits.widen(Default::default);
            let before = spawn(1, {
                let budget = Arc::clone(&budget);
                move || budget.deposit_at(0)
            });
            before.join().unwrap();
            if min_per_sec == 0 {
                budget.deposit_at(10);
            } else {
                // All of the reserve but the newest second's is spent.
                for _ in 0..9 {
                    assert!(budget.withdraw_at(9));
                }
            }
            let other = spawn(1, {
                let budget = Arc::clone(&budget);
                move || budget.deposit_at(10)
            });
            assert!(budget.withdraw_at(10), "one was surely there");
            other.join().unwrap();
        });
    }
}

#[test]
fn deposits_that_enter_a_slot_together_all_live_as_long_as_it() {
    // On the line that the threads without one of their own share.
    explore(3, 10_000, || {
        let budget = budget(0);
        budget.deposits.widen(Default::default);
        let before = spawn(8, {
            let budget = Arc::clone(&budget);
            move || budget.deposit_at(0)
        });
        before.join().unwrap();
        let others = [8, 9].map(|index| {
            let budget = Arc::clone(&budget);
            spawn(index, move || budget.deposit_at(10))
        });
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(budget.rest_at(19), 2, "the first has expired, the others live");
        assert!(!budget.withdraw_at(20));
    });
}

#[test]
fn what_expires_while_another_enters_the_slot_pays_for_nothing() {
    explore(3, 100, || {
        let budget = budget(0);
        budget.deposit_at(0);
        let other = spawn(1, {
            let budget = Arc::clone(&budget);
            move || budget.deposit_at(10)
        });
        let mine = budget.withdraw_at(10);
        other.join().unwrap();
        assert_eq!(u32::from(mine) + budget.rest_at(10), 1, "the token of the other");
    });
}

#[test]
fn what_has_expired_pays_for_nothing() {
    explore(3, 1_000, || {
        let budget = budget(0);
        budget.deposit_at(0);
        // A thread whose clock was read a moment before.
        let late = spawn(1, {
            let budget = Arc::clone(&budget);
            move || budget.withdraw_at(9)
        });
        let mine = budget.withdraw_at(10);
        assert!(!mine, "it has expired");
        budget.deposit_at(10);
        let second = budget.withdraw_at(10);
        let late = late.join().unwrap();
        assert!(second, "the thread's own token is there, even if the late one has taken the old");
        let granted = u32::from(late) + 1;
        assert!(granted + budget.rest_at(10) <= 2);
    });
}
