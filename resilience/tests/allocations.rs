//! What an admitted call costs in allocations: nothing.

use std::{
    future::{Future, Ready, ready},
    pin::pin,
    task::{Context, Poll},
    time::Duration,
};

use resilience::{
    BoxError, Carried, Carry, Name, Ratio, Rng,
    circuit_breaker::{self, CircuitBreakerLayer},
    deadline::DeadlineLayer,
    fault::{Fault, FaultLayer, FaultPlan, FaultSwitch},
    propagate::{self, Outbound, PropagateLayer},
    retry::{self, RetryLayer},
    timeout::TimeoutLayer,
    trace::TraceLayer,
};
use tokio_test::task;
#[cfg(feature = "settings")]
use tower::Layer;
use tower::{Service, ServiceBuilder};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

#[derive(Clone, Copy)]
struct Ping(Carried);

impl Carry for Ping {
    fn carried(&self) -> Carried {
        self.0
    }

    fn set_carried(&mut self, carried: Carried) {
        self.0 = carried;
    }
}

/// What a header allocates is the header's, and not the layer's.
#[derive(Clone, Copy)]
struct NoHeader;

impl Outbound<Ping> for NoHeader {
    fn set_time_left(&self, _: &mut Ping, _: Duration) {}
}

#[derive(Clone)]
struct Answer;

impl Service<Ping> for Answer {
    type Response = u32;
    type Error = BoxError;
    type Future = Ready<Result<u32, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, ping: Ping) -> Self::Future {
        ready(Ok(ping.0.attempt.get()))
    }
}

fn allocations(work: impl FnOnce()) -> u64 {
    let before = dhat::HeapStats::get().total_blocks;
    work();
    dhat::HeapStats::get().total_blocks - before
}

#[test]
fn a_call_through_the_whole_stack_allocates_nothing() {
    const NAME: Name = Name::from_static("allocations");
    let switch = FaultSwitch::with_rng(Rng::from_fn(|| 0.5));
    let half = FaultPlan::new(Fault::Abort, Ratio::percent(50), Duration::from_hours(1)).unwrap();
    let mut service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(NAME, Duration::from_secs(1)))
        .layer(RetryLayer::new(NAME, retry::Config::default()))
        .layer(TraceLayer::new(NAME))
        .layer(CircuitBreakerLayer::new(NAME, circuit_breaker::Config::default()))
        .layer(TimeoutLayer::new(NAME, Duration::from_millis(250)))
        .layer(PropagateLayer::with_outbound(NAME, propagate::Config::default(), NoHeader))
        .layer(FaultLayer::new(NAME, switch.clone()))
        .service(Answer);

    let _profiler = dhat::Profiler::builder().testing().build();
    let mut task = task::spawn(());
    let mut batch = || {
        task.enter(|cx, _| {
            allocations(|| {
                for _ in 0..1_000 {
                    assert!(service.poll_ready(cx).is_ready());
                    let response = pin!(service.call(Ping(Carried::default())));
                    assert!(matches!(response.poll(cx), Poll::Ready(Ok(1))));
                }
            })
        })
    };
    // The counter is the process's, and the test harness allocates on a thread of its own now
    // and then. What a call allocates is in every batch; what the harness does is not.
    let mut fewest = || (0..20).map(|_| batch()).min();
    assert_eq!(fewest(), Some(0));
    switch.arm(half);
    assert_eq!(fewest(), Some(0), "armed, and the calls are not hit");
    #[cfg(feature = "settings")]
    {
        let settings = resilience::settings::StackSettings::default();
        let mut service = settings.build(NAME).unwrap().layer(Page);
        let mut batch = || {
            task.enter(|cx, _| {
                allocations(|| {
                    for _ in 0..1_000 {
                        assert!(service.poll_ready(cx).is_ready());
                        let response = pin!(service.call(http::Request::new(())));
                        assert!(matches!(response.poll(cx), Poll::Ready(Ok(_))));
                    }
                })
            })
        };
        assert_eq!((0..20).map(|_| batch()).min(), Some(0), "a stack whose layers are off");
    }
    assert!(allocations(|| drop(BoxError::from("a box"))) >= 2, "the counter counts");
}

/// Answers as [`Answer`] does, over HTTP.
#[cfg(feature = "settings")]
#[derive(Clone)]
struct Page;

#[cfg(feature = "settings")]
impl Service<http::Request<()>> for Page {
    type Response = http::Response<()>;
    type Error = BoxError;
    type Future = Ready<Result<http::Response<()>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Request<()>) -> Self::Future {
        ready(Ok(http::Response::new(())))
    }
}
