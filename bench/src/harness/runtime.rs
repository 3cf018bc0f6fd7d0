use std::{
    future::{pending, poll_fn},
    io,
    pin::pin,
    task::Poll,
    thread,
    time::Duration,
};

use tokio::{
    runtime::{Builder, Handle, Runtime},
    time::sleep,
};

/// A runtime for timers to be made in; all futures are polled by hand.
///
/// A runtime that has never slept, or has no timer, takes every new one to be the next, and makes
/// a system call to say so. A program at work has earlier ones as a rule. So this one goes to
/// sleep once, with a timer that ends before any that is measured, and is not woken for it.
pub(crate) fn runtime() -> io::Result<Runtime> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let next = Duration::from_millis(100);
    runtime.block_on(async {
        let mut earlier = pin!(sleep(next));
        poll_fn(|context| {
            _ = earlier.as_mut().poll(context);
            Poll::Ready(())
        })
        .await;
        sleep(Duration::from_millis(1)).await;
    });
    Ok(runtime)
}

/// A runtime whose timers end, on a thread that lives as long as the process.
pub(crate) fn driven() -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    thread::spawn(move || runtime.block_on(pending::<()>()));
    Ok(handle)
}
