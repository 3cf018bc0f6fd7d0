use std::{num::NonZeroU32, sync::Arc};

use tokio::sync::Semaphore;
use tower_layer::Layer;

use super::{key::FaultKey, service::HeaderFaultService};
use crate::{
    error::HeaderMistake,
    meter::{Kind, Meter},
    name::Name,
};

static REFUSED: Kind = Kind {
    metric: "resilience_fault_headers_refused_total",
    help: "Requests refused because of a header that asks for a fault, by what is wrong with it.",
    label: "mistake",
    outcomes: &["too_long", "forged", "expired", "invalid", "crowded"],
};

/// Calls under such faults at once, unless it is said.
const MAX_ACTIVE: usize = 100;

/// Has the faults happen that trusted callers ask for in a header.
///
/// See the [module](super) for the headers. Put it where a [`FaultLayer`](crate::fault::FaultLayer)
/// stands; the two know nothing of each other. A request without the header costs a look for it.
///
/// # Sharing
///
/// All services made by this layer or by its clones share the bound on calls at once, and by its name
/// the counters of what was refused.
#[derive(Clone, Debug)]
pub struct HeaderFaultLayer {
    settings: Settings,
}

/// What each service is told.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) name: Name,
    pub(super) key: FaultKey,
    pub(super) room: Arc<Semaphore>,
    /// Of the headers that are refused. A request without one is not counted.
    meter: &'static Meter,
}

impl Settings {
    pub(super) fn count(&self, mistake: HeaderMistake) {
        self.meter.count(match mistake {
            HeaderMistake::TooLong => 0,
            HeaderMistake::Forged => 1,
            HeaderMistake::Expired => 2,
            HeaderMistake::Invalid => 3,
            HeaderMistake::Crowded => 4,
        });
    }
}

impl HeaderFaultLayer {
    /// Trusts what is signed under `key` and meant for `name`.
    #[must_use]
    pub fn new(name: Name, key: FaultKey) -> Self {
        let room = Arc::new(Semaphore::new(MAX_ACTIVE));
        Self { settings: Settings { name, key, room, meter: Meter::of(&REFUSED, name) } }
    }

    /// Has at most `most` calls at once under such a fault, 100 unless it is said; further ones that
    /// ask for one are refused. A plan's own `max_active` bounds one call and so nothing.
    #[must_use]
    pub fn max_active(mut self, most: NonZeroU32) -> Self {
        self.settings.room =
            Arc::new(Semaphore::new((most.get() as usize).min(Semaphore::MAX_PERMITS)));
        self
    }
}

impl<S> Layer<S> for HeaderFaultLayer {
    type Service = HeaderFaultService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        HeaderFaultService::new(inner, self.settings.clone())
    }
}
