use crate::{
    harness::{Case, Subject, calls},
    inner::{Down, Echo},
    subjects::{ATTEMPT, ours, seatbelt, tower, tower_resilience},
};

/// The limit of one attempt.
pub(super) fn cases() -> Vec<Case> {
    let title = "timeout, the answer is ready at once";
    vec![
        after(0, "timeout-ready", title).bound(27.0),
        after(1, "timeout-pending", "timeout, the service inside pends once"),
    ]
}

fn after(polls: u32, name: &str, title: &str) -> Case {
    Case::timed(
        name,
        title,
        vec![
            Subject::ours(move || calls(ours::timeout(Echo::<ours::Failed>::after(polls)))),
            Subject::new(tower_resilience::NAME, move || {
                calls(tower_resilience::timeout(ATTEMPT, Echo::<Down>::after(polls)))
            }),
            Subject::new(seatbelt::NAME, move || {
                calls(seatbelt::timeout(&seatbelt::exact(), ATTEMPT, Echo::after(polls)))
            }),
            Subject::new(tower::NAME, move || calls(tower::timeout(Echo::<Down>::after(polls)))),
        ],
    )
}
