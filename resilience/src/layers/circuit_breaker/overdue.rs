use std::{
    future::Future,
    pin::{Pin, pin},
    task::Context,
};

use tokio::{
    runtime::Handle,
    task::coop::unconstrained,
    time::{Sleep, sleep_until},
};

use super::permit::Permit;
use crate::time::Reading;

/// Tells the breaker once that a call runs for longer than is slow.
#[derive(Debug)]
pub(super) struct Overdue {
    /// Boxed, so that it costs a call of a breaker without that rule one word.
    timer: Option<Pin<Box<Sleep>>>,
    is_told: bool,
}

impl Overdue {
    pub(super) const fn new() -> Self {
        Self { timer: None, is_told: false }
    }

    /// To be asked whenever the call is not ready.
    #[inline(never)]
    pub(super) fn poll(&mut self, permit: &mut Permit, cx: &mut Context<'_>) {
        if self.is_told {
            return;
        }
        let Some(due) = permit.overdue_at() else { return };
        // Armed only now: a call that is answered at once never pays for a timer.
        // A breaker works in any executor; only its timers need Tokio's.
        if self.timer.is_none() && Handle::try_current().is_err() {
            return;
        }
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
        // A call that never yields uses up Tokio's budget for this task, and a timer that is
        // held to that budget would never be seen to fire.
        if pin!(unconstrained(timer.as_mut())).poll(cx).is_ready() {
            self.is_told = true;
            self.timer = None;
            let reading = Reading::default();
            permit.is_overdue(|| reading.now());
        }
    }
}
