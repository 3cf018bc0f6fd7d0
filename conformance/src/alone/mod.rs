//! What policies decide without a layer, a service or a clock: the same cases once more.

mod fault_injection;
mod retry;
mod timeout;

pub(crate) use fault_injection::Hit;
pub(crate) use retry::Retried;
pub(crate) use timeout::Limited;
