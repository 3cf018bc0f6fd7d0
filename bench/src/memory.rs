//! What breakers and calls hold.

use std::sync::Arc;
use std::{
    future::Future,
    mem::forget,
    task::{Context, Poll, Waker},
};

use resilience::{
    Name,
    circuit_breaker::{CircuitBreakerLayer, ConfigBuilder},
};
use tower_service::Service;

use crate::{
    harness::{OURS, bytes_of, call},
    inner::{Down, Echo},
    row::Row,
    subjects::{LONG, failsafe, ours, recloser, seatbelt, tower_resilience},
};

/// What makes the rows of a case.
pub(crate) type Make = fn() -> Vec<Row>;

/// The cases of memory by their names.
pub(crate) const CASES: [(&str, Make); 3] =
    [("memory-breaker", breakers), ("memory-idle", idle), ("memory-in-flight", in_flight)];

/// Calls made through a breaker before it is looked at.
const CALLS: u64 = 10_000;

/// What is there by the time that so many breakers are.
const IDLE: u32 = 10_000;

fn breakers() -> Vec<Row> {
    let row = |subject: &str, bytes| Row {
        bound: (subject.starts_with(OURS)).then_some(512.0),
        ..of("memory-breaker", "one breaker, after 10,000 calls in its window", subject, bytes)
    };
    vec![
        row(
            "tower-bulwark, time window",
            used(|| ours::breaker(ours::time_window(), ours::echo())),
        ),
        row(
            "tower-bulwark, failures in a row",
            used(|| ours::breaker(ours::consecutive(), ours::echo())),
        ),
        row(
            "tower-bulwark, count window of 100",
            used(|| ours::breaker(ours::count_window(100), ours::echo())),
        ),
        row(
            "tower-bulwark, count window of 10,000",
            used(|| ours::breaker(ours::count_window(10_000), ours::echo())),
        ),
        row(
            "tower-resilience, count window of 100",
            used(|| {
                let config = tower_resilience::count_window(100);
                tower_resilience::breaker(config, Echo::<Down>::ready())
            }),
        ),
        row(
            "tower-resilience, time window",
            used(|| {
                let config = tower_resilience::time_window(LONG);
                tower_resilience::breaker(config, Echo::<Down>::ready())
            }),
        ),
        row("seatbelt, time window", {
            let context = seatbelt::exact();
            used(|| seatbelt::closed(&context, Echo::ready()))
        }),
        row("failsafe, time window", used(|| failsafe::time_window(LONG, Echo::<Down>::ready()))),
        row(
            "recloser, count window of 100",
            used(|| recloser::count_window(100, LONG, Echo::<Down>::ready())),
        ),
        row(
            "recloser, count window of 10,000",
            used(|| recloser::count_window(10_000, LONG, Echo::<Down>::ready())),
        ),
    ]
}

/// The bytes of a breaker that has been called. What the first breaker of a process makes once
/// is not among them, nor what the list of policies gives back when it has to grow: that is before the
/// third, or some breakers later.
fn used<S>(make: impl Fn() -> S) -> i64
where
    S: Service<u64, Response = u64>,
{
    let filled = || {
        let mut service = make();
        for number in 0..CALLS {
            assert!(call(&mut service, number).is_ok(), "a closed breaker admits");
        }
        service
    };
    let others = (filled(), filled());
    let (third, bytes) = bytes_of(filled);
    drop((others, third));
    bytes
}

fn idle() -> Vec<Row> {
    let title = "10,000 idle breakers of tower-bulwark, time window";
    let made = |config: fn() -> ConfigBuilder, name: fn(u32) -> Name| {
        // As who makes many breakers would: one copy of the settings.
        let config = Arc::new(config().build().expect("the settings are in their ranges"));
        let make = |number| CircuitBreakerLayer::new(name(number), Arc::clone(&config));
        let (layers, bytes) = bytes_of(|| (0..IDLE).map(make).collect::<Vec<_>>());
        // What is given back late would be taken off the next ones.
        forget(layers);
        bytes
    };
    let own = |number: u32| Name::new(&format!("n{number}")).expect("the limit is 10,000 names");
    let bound = Some(f64::from(8 << 20));
    let row = |subject, bytes| Row { bound, ..of("memory-idle", title, subject, bytes) };
    vec![
        row("all of one name", made(ours::time_window, |_| ours::NAME)),
        row("each of a name of its own, with its counters", made(ours::time_window, own)),
    ]
}

fn in_flight() -> Vec<Row> {
    let title = "one call in flight through a full stack, over an inner future of 16 bytes";
    let row = |subject, bytes| of("memory-in-flight", title, subject, bytes);
    vec![
        Row {
            bound: Some(448.0),
            ..row(OURS, waiting(ours::stack(Echo::<ours::Failed>::after(u32::MAX))))
        },
        row(
            tower_resilience::NAME,
            waiting(tower_resilience::stack(Echo::<Down>::after(u32::MAX))),
        ),
        row(seatbelt::NAME, waiting(seatbelt::stack(&seatbelt::exact(), Echo::after(u32::MAX)))),
    ]
}

/// The bytes of a call that pends: its future, and what it has on the heap.
fn waiting<S>(mut service: S) -> i64
where
    S: Service<u64>,
{
    let mut context = Context::from_waker(Waker::noop());
    let mut begin = || {
        assert!(matches!(service.poll_ready(&mut context), Poll::Ready(Ok(()))), "it is ready");
        let mut future = Box::pin(service.call(1));
        assert!(future.as_mut().poll(&mut context).is_pending(), "it pends for ever");
        future
    };
    // What the first call makes once is not counted.
    forget(begin());
    let (future, bytes) = bytes_of(begin);
    drop(future);
    bytes
}

fn of(case: &str, title: &str, subject: &str, bytes: i64) -> Row {
    Row {
        case: case.to_owned(),
        title: title.to_owned(),
        subject: subject.to_owned(),
        bytes: Some(bytes),
        ..Row::default()
    }
}
