//! Fault injection: do I know that the rest works?
//!
//! Reference: [`fault`](crate::fault).
//!
//! # What it does
//!
//! It makes a share of the calls late, wrong, or cut off, on purpose and for a while. So you see a
//! breaker open and a budget run dry on a morning of your choice.
//!
//! ```text
//!   built without the feature      the layer is not there
//!   built with it, switch idle     one flag is read per call
//!   armed: 15 %, 503, for 60 s     .. x .... x .. x ...... x ...  then idle by itself
//! ```
//!
//! | fault | what a call meets |
//! |---|---|
//! | [`Latency`](crate::fault::Fault::Latency) | it goes on later |
//! | [`RandomLatency`](crate::fault::Fault::RandomLatency) | the same, by a delay that is even, normal, of Pareto's kind, or as it was measured in a [histogram](crate::fault::Spread::histogram) |
//! | [`Error`](crate::fault::Fault::Error), [`GrpcStatus`](crate::fault::Fault::GrpcStatus) | it is answered with a status or a code, and not sent |
//! | [`Abort`](crate::fault::Fault::Abort) | it is cut as by a broken connection, and not sent |
//! | [`Stall`](crate::fault::Fault::Stall) | it is never answered, and not sent |
//! | [`Panic`](crate::fault::Fault::Panic) | it panics, and is not sent |
//! | [`ReadinessStall`](crate::fault::Fault::ReadinessStall) | the service is not ready for it, as behind a full queue |
//! | [`SlowBody`](crate::fault::Fault::SlowBody), [`TruncatedBody`](crate::fault::Fault::TruncatedBody) | its answer begins, and the rest comes slowly or not at all: by a `FaultBodyLayer`, feature `http-body` |
//!
//! # When, and when not
//!
//! Use it in tests of a whole stack, in a staging system, and in production in small doses, once
//! the others have passed.
//!
//! Leave it out
//!
//! - of a program that must not be able to do it. Without the feature `fault-injection` the layer
//!   passes all on, and the types are the same;
//! - for faults of a process or of a network: kill the one and cut the other. A layer can only do
//!   what a call can meet.
//!
//! # Defaults, and where they come from
//!
//! | setting | default | reason |
//! |---|---|---|
//! | cargo feature | off | what is not compiled in cannot be armed |
//! | switch | idle | a start must not break anything |
//! | fault, share, expiry | required | without an expiry a tool that dies would leave a service broken |
//! | calls at once, calls in all, share of all traffic | no bound | [`max_active`](crate::fault::FaultPlan::max_active), [`max_injected`](crate::fault::FaultPlan::max_injected) and [`max_share`](crate::fault::FaultPlan::max_share) set one |
//! | whom it may hit | every request | [`Whom`](crate::fault::Whom): path, method, header; or by the hash of a header, so that a user is always hit or never |
//!
//! ```
//! use std::{num::NonZeroU64, time::Duration};
//! use resilience::{
//!     BoxError, Name, Ratio, Reason, Refusal, circuit_breaker::{self, CircuitBreakerLayer},
//!     fault::{Fault, FaultLayer, FaultPlan, FaultSwitch},
//! };
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), BoxError> {
//! # if !cfg!(feature = "fault-injection") { return Ok(()); }
//! const STOCK: Name = Name::from_static("stock");
//! let switch = FaultSwitch::new();
//! let config = circuit_breaker::Config::builder().consecutive_failures(3).build()?;
//! let stock = ServiceBuilder::new()
//!     .layer(CircuitBreakerLayer::new(STOCK, config))
//!     .layer(FaultLayer::new(STOCK, switch.clone()))
//!     .service(service_fn(async |_: ()| Ok::<_, BoxError>("bolts")));
//! assert_eq!(stock.clone().oneshot(()).await?, "bolts");
//!
//! // Does the breaker open? All calls, but no more than three of them.
//! let plan = FaultPlan::new(Fault::Error { status: 503 }, Ratio::ONE, Duration::from_secs(60))?;
//! switch.arm(plan.max_injected(NonZeroU64::new(3).ok_or("zero")?));
//! for _ in 0..3 {
//!     stock.clone().oneshot(()).await.unwrap_err();
//! }
//! let refused = stock.oneshot(()).await.unwrap_err();
//! assert_eq!(refused.as_rejected().map(|it| it.reason()), Some(Reason::CircuitOpen));
//! assert!(switch.status().armed.is_none(), "it has hit all that it may");
//! # Ok(())
//! # }
//! ```
//!
//! # Sharing
//!
//! A clone of a switch is the same switch. Give one to all layers that are to fail together.
//!
//! # Cancellation
//!
//! A call that is dropped while it is delayed never reaches the service.
//!
//! # Errors
//!
//! [`InjectedError`](crate::Reason::InjectedError), [`InjectedGrpc`](crate::Reason::InjectedGrpc) and
//! [`InjectedAbort`](crate::Reason::InjectedAbort), reasons of their own, so that logs and
//! dashboards can tell an exercise from the real thing. To breakers and retries they are what they
//! would be from the service, unless a breaker is told to
//! [ignore them](crate::circuit_breaker::ConfigBuilder::ignore_injected). That a fault is armed, and
//! that it ends, is in the log and in the stream of events, and `resilience_fault_armed` is 1 between
//! the two.
//!
//! # Anti-patterns
//!
//! ## Outermost
//!
//! There no other layer feels it, and the exercise shows nothing but itself. It goes innermost,
//! right before the [`LiftLayer`](crate::lift::LiftLayer) or the service.
//!
//! ## Errors only
//!
//! Most outages begin with answers that are late, and timeouts and deadlines are only tested by
//! these. Arm [`Fault::Latency`](crate::fault::Fault::Latency) above the limit of an attempt, and
//! once well below it: callers pile up without a single error.
//!
//! ## A route that anybody can call
//!
//! Whoever can arm the switch can take the service down. Ask for a token, listen on an interface of
//! its own, and cap the share and the expiry on the server's side, whatever the request says.
//! `wire` (feature of that name) has the JSON shapes for such a route.
//!
//! ## No idea what should happen
//!
//! Write down first what you expect, as a number: "15 % of 503s, and at most 1 % of the orders
//! fail". Then arm, look at the numbers, and compare. A plan without an expectation finds only
//! what hurts enough to be noticed.
