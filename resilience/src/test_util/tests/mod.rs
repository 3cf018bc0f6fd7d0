mod clock;
mod events;
mod readiness;
mod script;

use std::panic::{AssertUnwindSafe, catch_unwind};

/// The message of the panic that `work` ends with.
fn panic_of<T>(work: impl FnOnce() -> T) -> String {
    let Err(panic) = catch_unwind(AssertUnwindSafe(work)) else { panic!("it should panic") };
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic.downcast_ref::<&str>().expect("a text").to_string(),
    }
}
