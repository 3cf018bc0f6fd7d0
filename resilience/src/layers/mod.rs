//! The layers. None imports another: what two of them share lies on a floor below.

pub mod circuit_breaker;
pub mod deadline;
pub mod fault;
pub mod lift;
pub mod propagate;
#[cfg(feature = "http")]
pub mod respond;
pub mod retry;
pub mod timeout;
pub mod trace;
