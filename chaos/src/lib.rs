//! Runs experiments against services and judges the outcome.
//!
//! Floors, each of which imports only from those before it:
//! [`experiment`], [`measure`] < [`target`], [`load`], [`probe`] < [`fault`], [`fleet`],
//! [`doctor`] < [`engine`] < [`analysis`] < [`report`] < [`cli`]. The model is pure data; the
//! analysis is pure, from a recording to findings.

pub mod analysis;
pub mod cli;
pub mod doctor;
pub mod engine;
pub mod experiment;
pub mod fault;
pub mod fleet;
pub mod load;
pub mod measure;
pub mod probe;
pub mod report;
pub mod target;

#[cfg(test)]
mod floors;
