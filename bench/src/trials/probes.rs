use std::sync::Barrier;
use std::thread;

use super::{
    Verdict::{self, Foreign, Right, Wrong},
    guarded::{End, Guarded, wait},
};
use crate::inner::Mode;

const CALLERS: u64 = 1_000;
const ROUNDS: u32 = 20;

/// A half-open breaker whose probe is dropped unanswered admits another one.
pub(super) fn dropped(breaker: &dyn Guarded) -> Verdict {
    breaker.await_half_open();
    breaker.script().set(1, Mode::Pend);
    let mut probe = breaker.call(1);
    assert_eq!(probe.poll(), None, "the probe should be admitted");
    drop(probe);
    recovers(breaker)
}

/// Calls that panic are as bad as calls that fail.
pub(super) fn panics(breaker: &dyn Guarded) -> Verdict {
    breaker.script().set(1, Mode::Panic);
    (0..200).for_each(|_| breaker.panics(1));
    if breaker.ends(0) == End::Refused { Right } else { Wrong("200 are not recorded") }
}

/// A half-open breaker whose probe panics does not wait for it for ever.
pub(super) fn panicked(breaker: &dyn Guarded) -> Verdict {
    breaker.await_half_open();
    breaker.script().set(1, Mode::Panic);
    breaker.panics(1);
    // It may have opened again, as by any other failure.
    wait();
    if breaker.ends(0) == End::Answered { Right } else { Wrong("stuck half-open") }
}

/// However many ask at once, the number of probes is kept.
pub(super) fn crowd(breaker: &dyn Guarded) -> Verdict {
    let mut most = 0;
    for _ in 0..ROUNDS {
        breaker.await_half_open();
        breaker.script().set(1, Mode::Pend);
        let before = breaker.script().polled();
        let start = Barrier::new(2);
        let half = || {
            start.wait();
            let mut calls: Vec<_> = (0..CALLERS / 2).map(|_| breaker.call(1)).collect();
            for call in &mut calls {
                _ = call.poll();
            }
            calls
        };
        let calls = thread::scope(|scope| {
            let runtime = tokio::runtime::Handle::current();
            let other = scope.spawn(move || {
                let _entered = runtime.enter();
                half()
            });
            (half(), other.join().expect("no call of a crowd panics"))
        });
        most = most.max(breaker.script().polled() - before);
        drop(calls);
        wait();
        _ = breaker.ends(0);
    }
    match most {
        1 => Right,
        CALLERS => Wrong("all of them"),
        _ => Wrong("some more"),
    }
}

/// A layer calls the instance of the service that it has asked for readiness.
pub(super) fn readiness(breaker: &dyn Guarded) -> Verdict {
    if !breaker.is_service() {
        return Foreign("knows no services");
    }
    (0..100).for_each(|_| _ = breaker.ends(0));
    if breaker.script().misused() == 0 { Right } else { Wrong("a clone is called") }
}

fn recovers(breaker: &dyn Guarded) -> Verdict {
    if breaker.ends(0) == End::Answered {
        return Right;
    }
    wait();
    if breaker.ends(0) == End::Answered {
        Wrong("only after another wait")
    } else {
        Wrong("stuck half-open")
    }
}
