//! Runs experiments against services and judges the outcome.
