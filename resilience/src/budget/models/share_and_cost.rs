use std::sync::Arc;

use super::super::{Cause, CostBudget, ShareBudget, cost::Costs, share::Share};
use crate::{
    ratio::Ratio,
    sync::{explore, spawn},
};

#[test]
fn retries_in_flight_never_pass_their_share_and_places_come_back() {
    explore(3, 2_000, || {
        let config = ShareBudget::builder().max_ratio(Ratio::percent(50)).min_concurrency(0);
        let share = Arc::new(Share::new(config.build().unwrap()));
        // Beside one call there is place for two retries, until one in two is above the half.
        share.begin();
        let others = [1, 2].map(|index| {
            let share = Arc::clone(&share);
            spawn(index, move || share.withdraw())
        });
        let mine = share.withdraw();
        let granted = others.map(|other| other.join().unwrap());
        let granted = granted.into_iter().chain([mine]).filter(|granted| *granted).count();
        assert_eq!(granted, 2);
        let ending = spawn(1, {
            let share = Arc::clone(&share);
            move || share.end_retry()
        });
        share.end_retry();
        ending.join().unwrap();
        assert!(share.withdraw() && share.withdraw() && !share.withdraw(), "all came back");
    });
}

#[test]
fn a_place_is_granted_once() {
    explore(3, 40, || {
        let config = ShareBudget::builder().max_ratio(Ratio::ZERO).min_concurrency(1);
        let share = Arc::new(Share::new(config.build().unwrap()));
        let others = [1, 2].map(|index| {
            let share = Arc::clone(&share);
            spawn(index, move || share.withdraw())
        });
        let granted = others.map(|other| other.join().unwrap());
        assert_ne!(granted[0], granted[1]);
    });
}

#[test]
fn costs_are_paid_from_what_is_there_and_what_is_refunded_is_there() {
    explore(3, 1_000, || {
        let config = CostBudget::builder().capacity(10).retry_cost(6).timeout_cost(6);
        let costs = Arc::new(Costs::new(config.success_refund(1).build().unwrap()));
        let others = [1, 2].map(|index| {
            let costs = Arc::clone(&costs);
            spawn(index, move || {
                let paid = costs.withdraw(Cause::Failure);
                if let Some(paid) = paid {
                    costs.refund(paid);
                }
                costs.first_succeeded();
                paid.is_some()
            })
        });
        let granted = others.map(|other| other.join().unwrap());
        assert!(granted.contains(&true), "there was enough for one");
        assert!(costs.withdraw(Cause::Failure).is_some(), "all was given back");
        assert!(costs.withdraw(Cause::Failure).is_none(), "there is never more than the capacity");
    });
}

#[test]
fn what_one_cost_takes_is_not_there_for_another() {
    explore(3, 40, || {
        let config = CostBudget::builder().capacity(10).retry_cost(6).timeout_cost(6);
        let costs = Arc::new(Costs::new(config.build().unwrap()));
        let others = [1, 2].map(|index| {
            let costs = Arc::clone(&costs);
            spawn(index, move || costs.withdraw(Cause::Timeout).is_some())
        });
        let granted = others.map(|other| other.join().unwrap());
        assert_ne!(granted[0], granted[1]);
    });
}
