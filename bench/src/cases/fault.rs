use std::hint::black_box;

use fail::fail_point;

use crate::{
    harness::{Case, Load, Subject, calls, finish, work},
    inner::{Answer, Down, Echo},
    subjects::{ours, seatbelt, tower_resilience},
};

const BARE: &str = "a bare call";

/// Fault injection that is there and idle, or not compiled in.
pub(super) fn cases() -> Vec<Case> {
    let is_on = cfg!(feature = "fault-injection");
    let ours = || Subject::ours(|| calls(ours::idle_fault(ours::echo()))).over(BARE);
    let bare = || Subject::new(BARE, || calls(ours::echo()));
    if !is_on {
        let title = "fault layer compiled out: what it adds";
        return vec![Case::timed("fault-off", title, vec![ours(), bare()]).bound(0.0)];
    }
    let subjects = vec![
        ours(),
        bare(),
        Subject::new(tower_resilience::NAME, || {
            calls(tower_resilience::idle_fault(Echo::<Down>::ready()))
        })
        .over(BARE),
        Subject::new(seatbelt::NAME, || {
            calls(seatbelt::idle_fault(&seatbelt::exact(), Echo::ready()))
        })
        .over(BARE),
        Subject::new("fail", fail).over(BARE),
    ];
    let title = "fault layer compiled in and idle: what it adds";
    vec![Case::timed("fault-on", title, subjects).bound(2.0)]
}

/// A point of fail that nothing is configured for, before an answer.
fn fail() -> Box<dyn Load> {
    work(|calls| {
        let mut sum = 0;
        for number in 0..calls {
            sum += point(black_box(number)).expect("nothing is configured");
        }
        assert_eq!(sum, calls * (calls + 1) / 2, "a call was answered by somebody else");
    })
}

fn point(number: u64) -> Result<u64, Down> {
    fail_point!("bench", |_| Err(Down));
    finish(Answer::new(number, 0))
}
