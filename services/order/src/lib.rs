//! The order service of the demo.
