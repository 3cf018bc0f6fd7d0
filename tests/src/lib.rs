//! Drives the whole system the way a person would.
