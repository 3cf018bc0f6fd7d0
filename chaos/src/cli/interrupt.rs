use std::error::Error;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::task::Poll;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// A signal asked the command to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interrupted {
    /// The signal's name.
    pub(super) signal: &'static str,
}

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "interrupted by {}", self.signal)
    }
}

impl Error for Interrupted {}

/// Listens for the signals that end the command.
#[derive(Debug)]
pub(super) struct Interrupts {
    signals: [(&'static str, Signal); 3],
}

impl Interrupts {
    /// Starts listening.
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self {
            signals: [
                ("SIGINT", signal(SignalKind::interrupt())?),
                ("SIGTERM", signal(SignalKind::terminate())?),
                // The terminal was closed.
                ("SIGHUP", signal(SignalKind::hangup())?),
            ],
        })
    }

    /// Does `work` until it ends or a signal comes.
    ///
    /// # Cancellation
    ///
    /// On a signal `work` is dropped before this returns, and with it every guard in it.
    pub(super) async fn guard<F: Future>(&mut self, work: F) -> Result<F::Output, Interrupted> {
        let interrupted = poll_fn(|cx| {
            for (name, signal) in &mut self.signals {
                if signal.poll_recv(cx).is_ready() {
                    return Poll::Ready(Interrupted { signal: name });
                }
            }
            Poll::Pending
        });
        let work = pin!(work);
        tokio::select! {
            biased;
            interrupted = interrupted => Err(interrupted),
            done = work => Ok(done),
        }
    }
}
