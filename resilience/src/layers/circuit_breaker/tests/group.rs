//! Several breakers at once.

use super::*;
use crate::circuit_breaker::{BreakerGroup, Move};

#[test]
fn a_group_moves_all_its_breakers_and_those_that_are_added_later() {
    let group = BreakerGroup::new();
    let members = ["cb-group-a", "cb-group-b", "cb-group-c"].map(|name| handle(name, config()));
    for member in &members[..2] {
        group.add(member.clone());
    }
    group.clone().apply(Move::ForceOpen).unwrap();
    let states = || members.each_ref().map(state);
    assert_eq!(states(), [State::ForcedOpen, State::ForcedOpen, State::Closed]);
    group.add(members[2].clone());
    assert_eq!(states()[2], State::Closed, "it stays as it is until the next move");
    group.apply(Move::Disable).unwrap();
    assert_eq!(states(), [State::Disabled; 3]);
}

#[test]
fn a_move_that_one_member_forbids_is_made_by_the_others() {
    let strict = handle("cb-group-strict", config().strict_transitions(true));
    let lax = handle("cb-group-lax", config());
    let group: BreakerGroup = [strict.clone(), lax.clone()].into_iter().collect();
    let illegal = group.apply(Move::HalfOpen).expect_err("one of them is strict");
    assert_eq!((illegal.from, illegal.to), (State::Closed, State::HalfOpen));
    assert_eq!((state(&strict), state(&lax)), (State::Closed, State::HalfOpen));
}

#[test]
fn a_listener_may_use_the_group_that_moves_it() {
    let member = handle("cb-group-listener", config());
    let group: BreakerGroup = [member.clone()].into_iter().collect();
    let own = Mutex::new(Some(group.clone()));
    member.listen(Listener::new(move |_| {
        if let Some(group) = own.lock().unwrap().take() {
            group.apply(Move::Disable).unwrap();
        }
    }));
    group.apply(Move::ForceOpen).unwrap();
    assert_eq!(state(&member), State::Disabled);
}
