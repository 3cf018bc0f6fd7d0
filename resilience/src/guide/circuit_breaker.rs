//! Circuit breaker: is it worth asking this service at all?
//!
//! Reference: [`circuit_breaker`](crate::circuit_breaker).
//!
//! # What it does
//!
//! It remembers how the last calls ended. When too many failed it stops calling, for a while, and
//! answers each caller at once with a refusal. Then it lets a few calls through, the probes, and
//! they decide whether all may call again.
//!
//! ```text
//!   results  . . F . F F F F | refused refused ... |  P  P  P  | . . . .
//!   state    ---- closed ----|------- open --------|-half-open-|- closed
//!                            ^                     ^           ^
//!               half of at least 20             5 s later   2 of 3 probes
//!               in 30 s failed                              succeeded
//! ```
//!
//! That is worth two things. Callers are told at once what they would otherwise learn after a
//! timeout, and can do something else. And a service that comes up again meets three calls, not
//! all that have been waiting for it.
//!
//! # When, and when not
//!
//! Use it where failures come together: a process that is down, a database that has run full, a
//! network that is cut. Use one for each thing that fails as a whole.
//!
//! Leave it out
//!
//! - where a failure belongs to the request and not to the service. A request that is wrong fails
//!   each time, and a breaker would punish the others for it;
//! - in front of a load balancer with many instances, as the only means. One dead instance of ten
//!   is a failure rate of 10 %: no breaker should open for that, but a balancer should leave the
//!   instance out;
//! - where there is nothing better to do than to wait. A job that has all night is served by
//!   [`acquire`](crate::circuit_breaker::CircuitBreakerHandle::acquire), which waits for a place,
//!   and not by refusals.
//!
//! # Defaults, and where they come from
//!
//! | setting | default | reason |
//! |---|---|---|
//! | failure rate | 50 % | as in resilience4j: above what a bad day brings, and a service that fails every second call helps few |
//! | window | 30 s in 10 buckets | as in Polly: enough calls for a rate, and an outage is forgotten within half a minute |
//! | minimum of calls | 20 | many libraries ask for 100, which a service with 3 calls a second never has in 30 s |
//! | open for | 5 s | as in Polly and seatbelt; choose the time of a restart, see [numbers](super::choosing_numbers) |
//! | growth | doubling, to 60 s | a service that stays down is asked less and less |
//! | jitter of the wait | 20 % | many processes that opened together do not come back together |
//! | probes | 2 successes of 3 | one lucky call does not close it, one unlucky call does not reopen it |
//! | dropped calls | say nothing | whoever gave up may have had reasons of its own |
//! | status 429 | counts as a failure | calls that are turned away do no good |
//!
//! # A round trip
//!
//! ```
//! use std::time::Duration;
//! use resilience::{
//!     BoxError, Name, Ratio, Reason, Refusal,
//!     circuit_breaker::{CircuitBreakerHandle, Config, State},
//! };
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), BoxError> {
//! let config = Config::builder().open_jitter(Ratio::ZERO).build()?;
//! let breaker = CircuitBreakerHandle::standalone(Name::from_static("stock"), config);
//!
//! // Half of 20 calls fail: the 20th result meets the rule.
//! for number in 1..=20 {
//!     let call = async {
//!         if number % 2 == 0 { Err(BoxError::from("down")) } else { Ok(number) }
//!     };
//!     _ = breaker.call(call).await;
//! }
//! let refused = breaker.call(async { Ok::<_, BoxError>(0) }).await.unwrap_err();
//! let rejected = refused.as_rejected().ok_or("the breaker should be open")?;
//! assert_eq!(rejected.reason(), Reason::CircuitOpen);
//! assert_eq!(rejected.retry_after(), Some(Duration::from_secs(5)));
//!
//! // Five seconds later two probes of three are enough.
//! tokio::time::advance(Duration::from_secs(5)).await;
//! for probe in 1..=2 {
//!     assert_eq!(breaker.call(async { Ok::<_, BoxError>(probe) }).await?, probe);
//! }
//! assert_eq!(breaker.snapshot().state, State::Closed);
//! # Ok(())
//! # }
//! ```
//!
//! # What counts as a failure
//!
//! The classifier says it. [`CircuitBreakerLayer::new`] takes every error for a failure and every
//! response for a success, which is right for clients that return errors. HTTP clients return a
//! response with status 503: for them use `CircuitBreakerLayer::http`. An answer that is an error
//! to the client and no fault of the service needs a classifier of your own:
//!
//! ```
//! use std::io::{Error, ErrorKind};
//! use resilience::{Classify, Name, Outcome, circuit_breaker::{CircuitBreakerLayer, Config}};
//!
//! // A file that is not there says that the disk works.
//! let disk = |result: Result<&Vec<u8>, &Error>| match result {
//!     Ok(_) => Outcome::Success,
//!     Err(error) if error.kind() == ErrorKind::NotFound => Outcome::Success,
//!     Err(_) => Outcome::Failure,
//! };
//! assert_eq!(disk.classify(Err(&ErrorKind::NotFound.into())), Outcome::Success);
//! assert_eq!(disk.classify(Err(&ErrorKind::TimedOut.into())), Outcome::Failure);
//!
//! let config = Config::default();
//! let layer = CircuitBreakerLayer::with_classifier(Name::from_static("disk"), config, disk);
//! ```
//!
//! # Sharing
//!
//! One layer value is one breaker. Clones of it, and clones of the services that it made, count
//! together; a second layer value with the same name is a second breaker that knows nothing of
//! the first.
//!
//! # One breaker per host
//!
//! With the feature `keyed`, `circuit_breaker::keyed` has a layer that takes a key from each request:
//! the host that it goes to, its route, its tenant, a number of a shard. Each key has a breaker of its
//! own from its first call on; all have one name and one set of settings.
//!
//! ```
//! # #[cfg(all(feature = "keyed", feature = "http"))]
//! # mod page {
//! use http::{Request, Response};
//! use resilience::{
//!     BoxError, Name, circuit_breaker::{
//!         self, State, keyed::{ByHost, Config, Key, KeyedCircuitBreakerLayer},
//!     },
//! };
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # pub async fn main() -> Result<(), BoxError> {
//! let breaker = circuit_breaker::Config::builder().consecutive_failures(2).build()?;
//! let config = Config::builder(breaker).max_keys(1_000).build()?;
//! let layer = KeyedCircuitBreakerLayer::http(Name::from_static("webhooks"), config, ByHost);
//! let client = layer.layer(service_fn(|request: Request<()>| async move {
//!     let status = if request.uri().host() == Some("down.example.org") { 503 } else { 200 };
//!     Response::builder().status(status).body(()).map_err(BoxError::from)
//! }));
//!
//! for host in ["down", "down", "up"] {
//!     let request = Request::get(format!("https://{host}.example.org/hook")).body(())?;
//!     client.clone().oneshot(request).await?;
//! }
//! let states = layer.handle().snapshots(None, 100);
//! assert_eq!(states[0].key, Key::from("down.example.org"));
//! assert_eq!((states[0].breaker.state, states[1].breaker.state), (State::Open, State::Closed));
//! # Ok(())
//! # }
//! # }
//! # #[cfg(all(feature = "keyed", feature = "http"))]
//! # fn main() -> Result<(), resilience::BoxError> { page::main() }
//! # #[cfg(not(all(feature = "keyed", feature = "http")))]
//! # fn main() {}
//! ```
//!
//! | setting | default | reason |
//! |---|---|---|
//! | keys | 10,000 | 12 MB when all are there and one thread calls; 32 MB with two, and 9 MB with each further one |
//! | idle | 5 min | ten windows: a closed breaker has forgotten its results by then |
//!
//! What it costs and how it goes wrong:
//!
//! - A call finds its breaker without a lock and without an allocation. A key that is not known takes
//!   a lock and makes a breaker.
//! - The key comes with the request. So an open breaker does not answer before the service inside is
//!   ready, as a single one does. A limit inside that all hosts share makes calls to a healthy host
//!   wait for a sick one's: put a limit for each host inside, or the common one outside.
//! - Too few calls come to each key for a rate. Lower `min_calls`, or take failures in a row.
//! - When all places are taken by keys in use, others share one breaker, the overflow. It is counted
//!   in `resilience_keyed_circuit_breaker_keys_total{event="overflowed"}`; raise `max_keys` when that
//!   rises.
//! - A key takes memory for each thread that calls with it, up to twice as many as there are cores
//!   and to 64. Bound it with `max_keys`, whose reference says how much.
//! - A key that a caller can choose, such as a path with ids in it, fills the places with keys that
//!   are seen once. They push out no key in use, but learn nothing either: key by route.
//!
//! # Cancellation
//!
//! A call that is dropped says nothing about the service, and a probe that is dropped gives its
//! place back. Therefore a timeout belongs inside of the breaker: there its limit is a result, a
//! failure. Where the limit stands outside and cannot be moved, say that drops are failures:
//! [`Cancelled::Failure`](crate::circuit_breaker::Cancelled::Failure), or `FailureFrom` a share
//! of the calls.
//!
//! # Errors
//!
//! [`Reason::CircuitOpen`](crate::Reason::CircuitOpen), with the time from which a retry makes
//! sense unless only a hand closes it, and [`Reason::ProbesTaken`](crate::Reason::ProbesTaken),
//! without a time: nobody knows when a probe answers. Nothing was sent in either case.
//!
//! # Anti-patterns
//!
//! ## A breaker made for each request
//!
//! It sees one call and never opens. Make the layer where the program starts, and clone what it
//! wraps:
//!
//! ```
//! use resilience::{BoxError, Name, circuit_breaker::{CircuitBreakerLayer, Config}};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! let breaker = CircuitBreakerLayer::new(Name::from_static("stock"), Config::default());
//! let stock = breaker.layer(service_fn(async |_: u32| Ok::<_, BoxError>("bolts")));
//!
//! for id in 0..3 {
//!     stock.clone().oneshot(id).await?;
//! }
//! assert_eq!(breaker.handle().snapshot().counts.total, 3);
//! # Ok(())
//! # }
//! ```
//!
//! ## One breaker for several services
//!
//! The one that is down takes the others with it, or hides among their good results. Give each its
//! own: a layer for each where you know them beforehand, or [one by its key](#one-breaker-per-host).
//! A map of your own whose keys come out of requests has no bound: breakers and their
//! [names](crate::Name) would pile up.
//!
//! ## The breaker around the retry
//!
//! It sees one result for three attempts: of a service that fails half of its calls at random it
//! sees one failure in eight. And when the circuit opens, the calls that run go on retrying inside
//! of it. Put the retry outside; it sees the refusal and stops:
//!
//! ```
//! use resilience::{
//!     BoxError, Name, circuit_breaker::{self, CircuitBreakerLayer},
//!     retry::{self, Backoff, RetryLayer},
//! };
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! const STOCK: Name = Name::from_static("stock");
//! let retry = retry::Config::builder().backoff(Backoff::none()).build()?;
//! let breaker = circuit_breaker::Config::builder().consecutive_failures(2).build()?;
//! let breaker = CircuitBreakerLayer::new(STOCK, breaker);
//! let stock = ServiceBuilder::new()
//!     .layer(RetryLayer::new(STOCK, retry))
//!     .layer(breaker.clone())
//!     .service(service_fn(async |_: ()| Err::<(), BoxError>("down".into())));
//!
//! stock.oneshot(()).await.unwrap_err();
//! let calls = breaker.handle().calls();
//! assert_eq!((calls.failed, calls.refused), (2, 1), "the third attempt was refused");
//! # Ok(())
//! # }
//! ```
//!
//! ## A run of failures that chance will bring
//!
//! With 15 % of failures on an ordinary day, five in a row come once in 13,000 calls: at 100 calls
//! a second every two minutes. [Numbers](super::choosing_numbers) has the arithmetic. Take ten,
//! or a rate.
//!
//! ## Asking an open breaker in a loop
//!
//! Each question is a refusal, and costs a core. Wait for
//! [`acquire`](crate::circuit_breaker::CircuitBreakerHandle::acquire), which is woken, or sleep
//! for the rejection's [`retry_after`](crate::Rejected::retry_after).
//!
//! ## Rules that nobody has seen at work
//!
//! Begin in shadow mode. The breaker admits all, counts all, and reports what it would have done:
//!
//! ```
//! use std::sync::{Arc, atomic::{AtomicU32, Ordering}};
//! use resilience::{
//!     BoxError, Event, Listener, Name,
//!     circuit_breaker::{CircuitBreakerLayer, Config, State},
//! };
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! let would_open = Arc::new(AtomicU32::new(0));
//! let seen = Arc::clone(&would_open);
//! let config = Config::builder()
//!     .consecutive_failures(5)
//!     .initial_state(State::MetricsOnly)
//!     .build()?;
//! let breaker = CircuitBreakerLayer::new(Name::from_static("stock"), config)
//!     .on_event(Listener::new(move |event| {
//!         if let Event::RuleMet { .. } = event {
//!             seen.fetch_add(1, Ordering::Relaxed);
//!         }
//!     }));
//! let stock = breaker.layer(service_fn(async |_: ()| Err::<(), BoxError>("down".into())));
//!
//! for _ in 0..8 {
//!     assert_eq!(stock.clone().oneshot(()).await.unwrap_err().to_string(), "down");
//! }
//! assert_eq!(would_open.load(Ordering::Relaxed), 1, "each rule is told once in a stay");
//! breaker.handle().close(); // the numbers are good: judge in earnest
//! # Ok(())
//! # }
//! ```
//!
//! [`CircuitBreakerLayer::new`]: crate::circuit_breaker::CircuitBreakerLayer::new
