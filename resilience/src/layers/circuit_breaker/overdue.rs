use std::{
    future::Future,
    pin::{Pin, pin},
    task::Context,
};

use tokio::{
    runtime::Handle,
    task::coop::unconstrained,
    time::{Instant, Sleep, sleep_until},
};

use super::permit::Permit;
use crate::time::Reading;

/// Tells the breaker once that a call runs for longer than is slow.
///
/// Boxed when it is first needed, so that it costs a call of a breaker without that rule one
/// word.
#[derive(Debug)]
pub(super) struct Overdue(Option<Pin<Box<Option<Sleep>>>>);

impl Overdue {
    pub(super) const fn new() -> Self {
        Self(None)
    }

    /// To be asked whenever the call is not ready.
    #[inline]
    pub(super) fn poll(&mut self, permit: &mut Permit, cx: &mut Context<'_>) {
        if let Some(due) = permit.overdue_at() {
            self.poll_until(due, permit, cx);
        }
    }

    fn poll_until(&mut self, due: Instant, permit: &mut Permit, cx: &mut Context<'_>) {
        // A breaker works in any executor; only its timers need Tokio's.
        if self.0.is_none() && Handle::try_current().is_err() {
            return;
        }
        let timer = self.0.get_or_insert_with(|| Box::pin(Some(sleep_until(due))));
        // Without one it has been told.
        let Some(sleep) = timer.as_mut().as_pin_mut() else { return };
        // A call that never yields uses up Tokio's budget for this task, and a timer that is
        // held to that budget would never be seen to fire.
        if pin!(unconstrained(sleep)).poll(cx).is_ready() {
            timer.as_mut().set(None);
            let reading = Reading::default();
            permit.is_overdue(|| reading.now());
        }
    }
}
