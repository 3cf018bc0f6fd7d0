use std::hint::black_box;

use crate::{
    harness::{Case, Subject, calls, now, work},
    inner::{Down, Echo},
};

/// What the other figures stand beside: a call with nothing around it, and a look at the clock.
pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::timed(
            "bare",
            "a bare call",
            vec![Subject::new("none", || calls(Echo::<Down>::ready()))],
        ),
        Case::timed(
            "clock",
            "one reading of the clock",
            vec![Subject::new("none", || {
                work(|calls| {
                    for _ in 0..calls {
                        black_box(now());
                    }
                })
            })],
        ),
    ]
}
