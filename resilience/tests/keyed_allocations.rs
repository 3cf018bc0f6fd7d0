//! What keys cost in memory, those of breakers and those of retry budgets: a known one nothing, and
//! all together no more than the cap allows.

use std::{
    future::{Future, Ready, ready},
    pin::pin,
    sync::{Barrier, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    thread,
};

use http::{Request, Response};
use resilience::{
    BoxError, Name,
    budget::{self, TokenBudget, keyed::KeyedRetryBudget},
    circuit_breaker::{
        self,
        keyed::{ByHost, Config, KeyedCircuitBreakerHandle, KeyedCircuitBreakerLayer, by_text},
    },
    retry::{self, RetryLayer},
};
use tokio::time::Instant;
use tokio_test::task;
use tower::{Layer, Service};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// The counters are the process's. The profiler ends before the next one may begin.
fn alone() -> (dhat::Profiler, MutexGuard<'static, ()>) {
    static ALONE: Mutex<()> = Mutex::new(());
    let guard = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    (dhat::Profiler::builder().testing().build(), guard)
}

#[derive(Clone)]
struct Answer;

impl<R> Service<R> for Answer {
    type Response = Response<()>;
    type Error = BoxError;
    type Future = Ready<Result<Response<()>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: R) -> Self::Future {
        ready(Ok(Response::new(())))
    }
}

/// The fewest blocks that a batch of calls takes: the harness allocates on a thread of its own
/// now and then, and what a call allocates is in every batch.
fn fewest<R>(mut service: impl Service<R, Error = BoxError>, requests: impl Fn() -> Vec<R>) -> u64 {
    let mut task = task::spawn(());
    let mut batch = || {
        let requests = requests();
        task.enter(|cx, _| {
            let before = dhat::HeapStats::get().total_blocks;
            for request in requests {
                assert!(service.poll_ready(cx).is_ready());
                let response = pin!(service.call(request));
                assert!(matches!(response.poll(cx), Poll::Ready(Ok(_))));
            }
            dhat::HeapStats::get().total_blocks - before
        })
    };
    // The first makes the breakers.
    assert!(batch() > 0, "the counter counts");
    (0..20).map(|_| batch()).min().unwrap_or(u64::MAX)
}

#[test]
fn a_call_with_a_known_key_allocates_nothing() {
    let _alone = alone();
    let name = Name::from_static("keyed-allocations");
    let config = circuit_breaker::Config::default();
    let keys = ["a", "api.example.org", "users-api.internal.example.org:8443"];

    let layer = KeyedCircuitBreakerLayer::new(name, config.clone(), by_text(|key: &&str| *key));
    let requests = || keys.iter().copied().cycle().take(1_000).collect();
    assert_eq!(fewest(layer.layer(Answer), requests), 0);

    let hosts = KeyedCircuitBreakerLayer::http(name, config, ByHost);
    let requests = || {
        let uris = ["http://a.org/x", "http://API.Example.org:81/y", "http://me@b.org/"];
        let uris = uris.into_iter().cycle().take(300);
        uris.map(|uri| Request::get(uri).body(()).unwrap()).collect()
    };
    assert_eq!(fewest(hosts.layer(Answer), requests), 0, "upper case neither");
    assert_eq!(hosts.handle().len(), 3);
}

#[test]
fn any_number_of_keys_takes_no_more_memory_than_the_cap_allows() {
    const CAP: usize = 50;
    // What one breaker takes, and some that have left and are not freed yet.
    const EACH: usize = 2_048;
    const LEFT: usize = 64;
    let _alone = alone();
    let before = dhat::HeapStats::get().curr_bytes;
    let config = Config::builder(circuit_breaker::Config::default()).max_keys(CAP).build();
    let name = Name::from_static("keyed-bytes");
    let handle = KeyedCircuitBreakerHandle::standalone(name, config.unwrap());
    for key in 0..10_000_u64 {
        handle.breaker(&*format!("tenant-{key}")).try_acquire().unwrap().failed();
        let taken = dhat::HeapStats::get().curr_bytes - before;
        assert!(taken < (CAP + LEFT) * EACH, "{taken} bytes after {key} keys");
    }
    assert_eq!(handle.len(), CAP);
}

#[test]
fn a_call_with_a_known_key_has_its_budget_without_an_allocation() {
    let _alone = alone();
    let name = Name::from_static("keyed-budget-allocations");
    let budgets = KeyedRetryBudget::new(name, TokenBudget::default());
    let hosts = RetryLayer::http(name, retry::Config::default()).budget_by(ByHost, budgets.clone());
    let requests = || {
        let uris = ["http://a.org/x", "http://API.Example.org:81/y", "http://me@b.org/"];
        let uris = uris.into_iter().cycle().take(300);
        uris.map(|uri| Request::get(uri).body(()).unwrap()).collect()
    };
    assert_eq!(fewest(hosts.layer(Answer), requests), 0);
    assert_eq!(budgets.len(), 3);
}

#[test]
fn any_number_of_budgets_takes_no_more_memory_than_the_cap_allows() {
    const CAP: usize = 50;
    // What one budget takes, and some that have left and are not freed yet.
    const EACH: usize = 1_024;
    const LEFT: usize = 64;
    let _alone = alone();
    let before = dhat::HeapStats::get().curr_bytes;
    let config = budget::keyed::Config::builder(TokenBudget::default()).max_keys(CAP).build();
    let budgets = KeyedRetryBudget::new(Name::from_static("budget-bytes"), config.unwrap());
    for key in 0..10_000_u64 {
        drop(budgets.budget(&*format!("tenant-{key}")).begin(Instant::now()));
        let taken = dhat::HeapStats::get().curr_bytes - before;
        assert!(taken < (CAP + LEFT) * EACH, "{taken} bytes after {key} keys");
    }
    assert_eq!(budgets.len(), CAP);
}

/// The bytes that each of many keys takes, after one thread called with all of them, after another
/// did as well, and so on.
fn bytes_of_a_key<S>(service: &S) -> Vec<usize>
where
    S: Service<String, Error = BoxError> + Clone + Send,
{
    const KEYS: usize = 1_000;
    const THREADS: usize = 4;
    let before = dhat::HeapStats::get().curr_bytes;
    let (turn, end) = (Barrier::new(2), Barrier::new(THREADS + 1));
    thread::scope(|scope| {
        let taken = (0..THREADS).map(|_| {
            let mut service = service.clone();
            let (turn, end) = (&turn, &end);
            scope.spawn(move || {
                task::spawn(()).enter(|cx, _| {
                    for key in 0..KEYS {
                        assert!(service.poll_ready(cx).is_ready());
                        let response = pin!(service.call(format!("tenant-{key}")));
                        assert!(matches!(response.poll(cx), Poll::Ready(Ok(_))));
                    }
                });
                turn.wait();
                // Who comes after a thread that has ended has its stripes.
                end.wait();
            });
            turn.wait();
            (dhat::HeapStats::get().curr_bytes - before) / KEYS
        });
        let taken = taken.collect();
        end.wait();
        taken
    })
}

#[test]
fn a_key_takes_no_more_than_is_documented_for_each_thread_that_calls_with_it() {
    // What an allocator adds to blocks that begin on lines of their own is not counted here.
    const EACH_THREAD: usize = 900;
    const SECOND_THREAD: usize = 2_048;
    let _alone = alone();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    // A budget and a breaker each have two tables of threads.
    let tables = 2 * size_of::<[usize; 2]>() * (2 * cores).min(64);
    let check = |taken: &[usize], alone: usize| {
        assert!(taken[0] > alone / 2 && taken[0] < alone, "{taken:?}");
        assert!(taken[1] - taken[0] < SECOND_THREAD + tables, "{taken:?}");
        let further = taken[1..].windows(2).map(|pair| pair[1] - pair[0]);
        assert!(further.into_iter().all(|more| more < EACH_THREAD), "{taken:?}");
    };
    let name = Name::from_static("keyed-threads");
    let by_name = by_text(|key: &String| key.as_str());

    let budgets = KeyedRetryBudget::new(name, TokenBudget::default());
    let retry = RetryLayer::new(name, retry::Config::default()).budget_by(by_name, budgets);
    check(&bytes_of_a_key(&retry.layer(Answer)), 800);

    let config = circuit_breaker::Config::default();
    let breakers = KeyedCircuitBreakerLayer::new(name, config, by_name);
    check(&bytes_of_a_key(&breakers.layer(Answer)), 1_200);
}
