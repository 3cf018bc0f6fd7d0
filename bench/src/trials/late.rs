use super::{
    Verdict::{self, Foreign, Right, Wrong},
    guarded::{End, Guarded, InFlight, wait},
};
use crate::inner::Mode;

/// Calls that began while the breaker was closed and end later.
const LATE: usize = 30;

/// Failures of calls from before, in half-open, say nothing about the service of today.
pub(super) fn failure_half_open(breaker: &dyn Guarded) -> Verdict {
    let (late, mut probe) = half_open(breaker);
    finish(breaker, late, Mode::Fail);
    // The probe answers, and the breaker closes, unless the others have reopened it.
    breaker.script().set(1, Mode::Answer);
    _ = probe.poll();
    if breaker.ends(0) == End::Answered { Right } else { Wrong("reopens") }
}

/// Successes of calls from before close no half-open breaker.
pub(super) fn success_half_open(breaker: &dyn Guarded) -> Verdict {
    let (late, mut probe) = half_open(breaker);
    finish(breaker, late, Mode::Answer);
    // The probe fails, and the breaker opens, unless the others have closed it.
    breaker.script().set(1, Mode::Fail);
    _ = probe.poll();
    if breaker.ends(0) == End::Refused { Right } else { Wrong("closes") }
}

/// Successes of calls from before close no open breaker.
pub(super) fn success_open(breaker: &dyn Guarded) -> Verdict {
    let late = begin(breaker);
    breaker.open();
    finish(breaker, late, Mode::Answer);
    if breaker.ends(0) == End::Refused { Right } else { Wrong("closes") }
}

/// However long all was well, a dead service is seen within a window.
pub(super) fn after_a_good_time(breaker: &dyn Guarded) -> Verdict {
    if breaker.weighs_all() {
        return Foreign("all are in its time window");
    }
    (0..100_000).for_each(|_| assert_eq!(breaker.ends(0), End::Answered, "it is closed"));
    breaker.open();
    if breaker.ends(0) == End::Refused { Right } else { Wrong("300 failures do not open it") }
}

/// A half-open breaker with a probe that runs in lane 1, and calls from before in lane 2.
fn half_open(breaker: &dyn Guarded) -> (Vec<InFlight>, InFlight) {
    let late = begin(breaker);
    breaker.open();
    wait();
    breaker.script().set(1, Mode::Pend);
    let mut probe = breaker.call(1);
    assert_eq!(probe.poll(), None, "the probe should be admitted");
    (late, probe)
}

fn begin(breaker: &dyn Guarded) -> Vec<InFlight> {
    breaker.script().set(2, Mode::Pend);
    let mut late: Vec<_> = (0..LATE).map(|_| breaker.call(2)).collect();
    for call in &mut late {
        assert_eq!(call.poll(), None, "the breaker is closed");
    }
    late
}

fn finish(breaker: &dyn Guarded, late: Vec<InFlight>, mode: Mode) {
    breaker.script().set(2, mode);
    for mut call in late {
        assert!(call.poll().is_some(), "it pends no more");
    }
}
