use std::{
    fmt::Debug,
    future::Future,
    sync::Arc,
    task::{Context, Waker},
    thread,
    time::Duration,
};

use tower_service::Service;

use crate::{
    harness::{Case, Load, Subject, call, refusals},
    inner::{Down, Mode, Script, Scripted},
    subjects::{LONG, failsafe, ours, recloser, seatbelt, tower_resilience},
};

/// Failures after which every breaker here is open.
const ENOUGH: u32 = 300;

/// How long the breakers stay open that are to be half-open. A probe that hangs for as long
/// makes some of them admit another, so that it is longer than a case takes.
const SOON: Duration = Duration::from_millis(700);

/// A breaker that refuses.
pub(super) fn cases() -> Vec<Case> {
    vec![open(), half_open()]
}

fn open() -> Case {
    let script = || Arc::new(Script::default());
    Case::timed(
        "refusal-open",
        "refused: the breaker is open",
        vec![
            Subject::ours(move || {
                let script = script();
                let service = ours::breaker(ours::one_probe(LONG), Scripted::new(script.clone()));
                opened(&script, service, ours::is_refusal)
            }),
            Subject::new(tower_resilience::NAME, move || {
                let script = script();
                let inner = Scripted::<Down>::new(script.clone());
                let service = tower_resilience::breaker(tower_resilience::one_probe(LONG), inner);
                opened(&script, service, tower_resilience::is_refusal)
            }),
            Subject::new(seatbelt::NAME, move || {
                let script = script();
                let inner = Scripted::new(script.clone());
                let service = seatbelt::breaker(&seatbelt::exact(), LONG, inner);
                opened(&script, service, seatbelt::is_refusal)
            }),
            Subject::new(seatbelt::COARSE, move || {
                let script = script();
                let inner = Scripted::new(script.clone());
                let service = seatbelt::breaker(&seatbelt::coarse(), LONG, inner);
                opened(&script, service, seatbelt::is_refusal)
            }),
            Subject::new(failsafe::NAME, move || {
                let script = script();
                let inner = Scripted::<Down>::new(script.clone());
                opened(&script, failsafe::consecutive(LONG, inner), failsafe::is_refusal)
            }),
            Subject::new(recloser::NAME, move || {
                let script = script();
                let inner = Scripted::<Down>::new(script.clone());
                opened(&script, recloser::count_window(100, LONG, inner), recloser::is_refusal)
            }),
        ],
    )
    .bound(28.0)
}

/// failsafe and recloser admit every call when they are half-open.
fn half_open() -> Case {
    let script = || Arc::new(Script::default());
    Case::timed(
        "refusal-half-open",
        "refused: the breaker is half-open and its probe is taken",
        vec![
            Subject::ours(move || {
                let script = script();
                let service = ours::breaker(ours::one_probe(SOON), Scripted::new(script.clone()));
                taken(&script, service, ours::is_refusal)
            }),
            Subject::new(tower_resilience::NAME, move || {
                let script = script();
                let inner = Scripted::<Down>::new(script.clone());
                let service = tower_resilience::breaker(tower_resilience::one_probe(SOON), inner);
                taken(&script, service, tower_resilience::is_refusal)
            }),
            // Last, because its probe is replaced after another wait.
            Subject::new(seatbelt::NAME, move || {
                let script = script();
                let inner = Scripted::new(script.clone());
                let service = seatbelt::breaker(&seatbelt::exact(), SOON, inner);
                taken(&script, service, seatbelt::is_refusal)
            }),
        ],
    )
    .bound(28.0)
}

/// Refusals by a breaker that failures have opened.
fn opened<S>(script: &Script, mut service: S, is_refusal: fn(&S::Error) -> bool) -> Box<dyn Load>
where
    S: Service<u64, Response = u64, Error: Debug> + Clone + Send + 'static,
{
    script.set(0, Mode::Fail);
    for _ in 0..ENOUGH {
        _ = call(&mut service, 0);
    }
    script.set(0, Mode::Answer);
    refusals(service, is_refusal)
}

/// Refusals by a breaker whose one probe runs for ever.
fn taken<S>(script: &Script, mut service: S, is_refusal: fn(&S::Error) -> bool) -> Box<dyn Load>
where
    S: Service<u64, Response = u64, Error: Debug> + Clone + Send + 'static,
{
    drop(opened(script, service.clone(), is_refusal));
    thread::park_timeout(SOON + SOON / 4);
    script.set(1, Mode::Pend);
    let mut context = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut context).is_ready());
    let mut probe = Box::pin(service.call(1));
    assert!(probe.as_mut().poll(&mut context).is_pending(), "the probe should be admitted");
    // It is never to end.
    std::mem::forget(probe);
    refusals(service, is_refusal)
}
