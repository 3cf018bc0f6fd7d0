//! Measures subjects against each other: every subject once a round, in an order that turns.
//!
//! What disturbs the machine then disturbs all of them, and a ratio of two samples of one round
//! says more than the ratio of two medians.

mod allocations;
mod callgrind;
mod case;
mod clock;
mod load;
mod pair;
mod rounds;
mod runtime;
mod stats;

pub(crate) use allocations::{allocations_per_call, bytes_of};
pub(crate) use callgrind::Valgrind;
pub(crate) use case::{Case, Measure, OURS, Subject};
pub(crate) use clock::{cpu_time, now};
pub(crate) use load::{Load, asks, call, calls, finish, refusals, work};
pub(crate) use pair::Pair;
pub(crate) use rounds::{Samples, sample};
pub(crate) use runtime::{driven, runtime};
pub(crate) use stats::{Spread, interval_of_median};
