//! A guide: one page for each policy, and four for all of them together.
//!
//! The module of a policy is the reference: every setting with its unit, range and default. The
//! pages here teach: what the policy is for, when it does harm, and how it goes wrong. They hold
//! nothing but text and examples, and every example runs as a test of this crate.
//!
//! | page | the question it answers |
//! |---|---|
//! | [`timeout`] | How long may one attempt take? |
//! | [`deadline`] | How long may the whole request take? |
//! | [`retry`] | Is another attempt worth it, and allowed? |
//! | [`budget`] | How much load may attempts add? |
//! | [`circuit_breaker`] | Is it worth asking this service at all? |
//! | [`fault_injection`] | Do I know that the rest works? |
//! | [`fault_flags`] | Who may break what, for how long, and who ends it? |
//! | [`tracing`] | What became of each attempt? |
//! | [`operating`] | What are they doing, and how do I change one while calls run? |
//! | [`choosing_numbers`] | Which numbers, from which measurements? |
//! | [`testing`] | How do I test what I have built with them? |
//! | [`moving_from`] | What is this called where I come from, and what differs? |
//!
//! # Which one do I need
//!
//! ```text
//!   the service ...                         then
//!   --------------------------------------  -------------------------------------
//!   sometimes does not answer               timeout: nothing else works without it
//!   now and then fails, and is well again   retry, with the budget it comes with
//!   goes down for everybody                 circuit breaker
//!   is one of several steps for one caller  deadline, around all of them
//!   has not failed yet                      fault injection, to see what will happen
//! ```
//!
//! Begin with a timeout. A call without a limit is a place that never gets free, and no other
//! policy sees it. Add a retry where requests may be sent twice, and a breaker where callers
//! should stop waiting for what is down.
//!
//! # What holds on every page
//!
//! - **A layer value holds the state.** What one layer value wraps, and what its clones wrap,
//!   shares one breaker or one budget. Build a stack once, and clone it for each call.
//! - **A name is for people.** It stands in errors, events and metrics. Two breakers with one
//!   name are two breakers, and add up in the counters.
//! - **The error type is yours.** A layer refuses with a [`Rejected`](crate::Rejected) inside of
//!   the error type of the service, see [`Refusal`](crate::Refusal).
//! - **Time is Tokio's.** A paused clock drives every policy.
//! - **A drop cancels.** Nothing here spawns a task for a call; whoever drops the future stops
//!   the work on this side, and not at the other end.

pub mod budget;
pub mod choosing_numbers;
pub mod circuit_breaker;
pub mod deadline;
pub mod fault_flags;
pub mod fault_injection;
pub mod moving_from;
pub mod operating;
pub mod retry;
pub mod testing;
pub mod timeout;
pub mod tracing;
