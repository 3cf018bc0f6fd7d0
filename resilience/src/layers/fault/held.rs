use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project::pin_project;
use tokio::{
    sync::futures::OwnedNotified,
    time::{Sleep, sleep_until},
};

use super::{place::Place, switch::Stay};

/// What keeps a service from being ready; ends when it may be.
#[pin_project]
#[derive(Debug)]
pub(super) struct Held {
    /// Given back with the rest.
    place: Place,
    #[pin]
    released: OwnedNotified,
    #[pin]
    expires: Sleep,
}

#[cfg_attr(not(feature = "fault-injection"), expect(dead_code, reason = "nothing is injected"))]
impl Held {
    /// Keeps a service for as long as the plan that holds it says.
    pub(super) fn new(place: Place, stay: Stay) -> Option<Self> {
        let Stay { until, released } = stay;
        Some(Self { place, released: released?, expires: sleep_until(until) })
    }
}

impl Future for Held {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        if this.released.poll(cx).is_ready() {
            return Poll::Ready(());
        }
        this.expires.poll(cx)
    }
}
