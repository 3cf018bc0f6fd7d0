//! Resilience middleware for Tower.

#[cfg(feature = "wire")]
pub mod wire;
