use std::{
    future::Future,
    pin::{Pin, pin},
    task::Context,
};

use pin_project::pin_project;
use tokio::{
    runtime::Handle,
    task::coop::unconstrained,
    time::{Sleep, sleep_until},
};

use super::permit::Permit;
use crate::time::Reading;

/// Tells the breaker once that a call runs for longer than is slow.
#[pin_project]
#[derive(Debug)]
pub(super) struct Overdue {
    #[pin]
    timer: Option<Sleep>,
    is_told: bool,
}

impl Overdue {
    pub(super) const fn new() -> Self {
        Self { timer: None, is_told: false }
    }

    /// To be asked whenever the call is not ready.
    pub(super) fn poll(self: Pin<&mut Self>, permit: &mut Permit, cx: &mut Context<'_>) {
        let mut this = self.project();
        if *this.is_told {
            return;
        }
        let Some(due) = permit.overdue_at() else { return };
        // Armed only now: a call that is answered at once never pays for a timer.
        if this.timer.is_none() {
            // A breaker works in any executor; only its timers need Tokio's.
            if Handle::try_current().is_err() {
                return;
            }
            this.timer.set(Some(sleep_until(due)));
        }
        let timer = this.timer.as_mut().as_pin_mut().expect("armed above");
        // A call that never yields uses up Tokio's budget for this task, and a timer that is
        // held to that budget would never be seen to fire.
        if pin!(unconstrained(timer)).poll(cx).is_ready() {
            *this.is_told = true;
            this.timer.set(None);
            let reading = Reading::default();
            permit.is_overdue(|| reading.now());
        }
    }
}
