//! What threads share: the standard library's types, or those of the model checker.
//!
//! A build with `--cfg resilience_model` runs the models: tests that take a piece of this crate
//! through every order in which its threads can step. Every other build gets the standard
//! library's types under their own names. What is not named here (names, the registry, the
//! process's counters) is not part of any model.

#[cfg(all(test, resilience_model))]
mod modelled;
#[cfg(not(all(test, resilience_model)))]
mod real;
mod swap;

#[cfg(all(test, resilience_model))]
pub(crate) use modelled::{
    AtomicU32, AtomicU64, Mutex, MutexGuard, Notify, OnceLock, cores, explore,
    explore_in_one_order, fence, spawn, thread_number,
};
#[cfg(not(all(test, resilience_model)))]
pub(crate) use real::{
    AtomicU32, AtomicU64, Mutex, MutexGuard, Notify, OnceLock, cores, fence, thread_number,
};

#[cfg(all(test, resilience_model))]
use modelled::ArcSwap;
#[cfg(not(all(test, resilience_model)))]
use real::ArcSwap;

pub(crate) use swap::Swap;

pub(crate) use std::sync::{PoisonError, atomic::Ordering};
