//! Whether Tokio is compiled as users compile it.
//!
//! With its feature `test-util` every reading of its clock asks first whether the time is paused.
//! The name below is then Tokio's own, which hides the one of this module.

/// What stands where Tokio has no such function.
fn pause() {}

/// Whether Tokio's feature `test-util` is compiled in.
pub(crate) fn tokio_is_for_tests() -> bool {
    // All its names, because whether there is such a one is the question.
    pub(crate) use tokio::time::*;
    let found = std::any::type_name_of_val(&pause);
    // Used from the import, too, so that it is never without use.
    Duration::ZERO.is_zero() && found != std::any::type_name_of_val(&self::pause)
}
