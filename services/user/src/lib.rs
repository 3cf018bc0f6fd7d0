//! The user service of the demo.
