//! Tracing: what became of each attempt?
//!
//! Reference: [`trace`](crate::trace).
//!
//! # What it does
//!
//! It makes a span of `tracing` for each attempt, and lets its context go out with the request. A
//! counter says that retries have risen; a trace says of one slow request that its first attempt timed
//! out, its second waited 80 ms and was answered with 503, and its third was refused by the breaker.
//!
//! ```text
//!   POST /orders            |--------------------------------------------|  201
//!     attempt 1   GET       |----------------|                              timed_out
//!     attempt 2   GET                          |------|                     503, after 80 ms
//!       GET /users/{id}                         |----|                      the other service
//!     attempt 3   GET                                      |--------|       200, after 160 ms
//! ```
//!
//! # Where it stands
//!
//! Directly inside retry and outside of the breaker. Outside of retry it would make one span for three
//! attempts; inside of the breaker the attempts that matter most, those that are refused, would have
//! none. In a [`Stack`](crate::settings::Stack) that place is
//! [`around_attempts`](crate::settings::Stack::around_attempts).
//!
//! ```
//! use http::{HeaderValue, Request, Response};
//! use resilience::{
//!     BoxError, Name, circuit_breaker::{self, CircuitBreakerLayer}, retry::{self, RetryLayer},
//!     trace::TraceLayer,
//! };
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use tracing::Span;
//!
//! /// Says in a header which attempt a request belongs to.
//! fn inject(span: &Span, request: &mut Request<()>) {
//!     let id = span.id().map_or(0, |id| id.into_u64());
//!     request.headers_mut().insert("x-span", HeaderValue::from(id));
//! }
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), BoxError> {
//! const USERS: Name = Name::from_static("users-api");
//! let users = ServiceBuilder::new()
//!     .layer(RetryLayer::http(USERS, retry::Config::default()))
//!     .layer(TraceLayer::http(USERS).context(inject))
//!     .layer(CircuitBreakerLayer::http(USERS, circuit_breaker::Config::default()))
//!     .service(service_fn(async |_: Request<()>| Ok::<_, BoxError>(Response::new(()))));
//!
//! let answer = users.oneshot(Request::get("http://users.test/users/7").body(())?).await?;
//! assert_eq!(answer.status(), 200);
//! # Ok(())
//! # }
//! ```
//!
//! With OpenTelemetry the hook asks the span for its context and has a propagator write it into the
//! headers. The services of this repository do so in `services/kit/src/telemetry/`, which is also an example of an
//! exporter that never holds up a call.
//!
//! # Defaults, and where they come from
//!
//! | what | default | reason |
//! |---|---|---|
//! | level | INFO | who asks for less pays a relaxed load in each of retry, this layer and the breaker |
//! | names of fields | OpenTelemetry's for HTTP clients, `resilience.` for the others | backends know the former |
//! | address | without credentials and query | a trace is read by more people than a request |
//! | name of the span | the method | a name with a path in it would be one name for each user |
//! | text of errors | not in the fields of the span | it is the service's, and may quote the request; an event that is logged in the span is another matter |
//! | context | does not go out | the crate knows no header but its own |
//!
//! # How it goes wrong
//!
//! - **A collector in the way of calls.** An exporter that sends when a span ends, or waits when its queue
//!   is full, makes the collector a dependency of every request. Send from a thread of your own, bound the
//!   queue, and count what is dropped.
//! - **An exporter that needs a runtime on a thread without one.** It may lose every span without a word.
//!   Test with a collector that decodes what it gets.
//! - **A context that is written once.** Outside of retry each attempt sends the same parent, and the
//!   service that answered the second one seems to belong to the first.
//! - **Events that say too much.** An exporter such as `tracing-opentelemetry` sends what is logged inside of a
//!   span along with it, with its text and its fields. The services of this repository send their own events
//!   from INFO on and those of this crate, and none of other libraries. What must not be seen in a trace
//!   must not be logged at such a level.
//! - **A level that hides the spans.** Then there is no span, and no context goes out either.
