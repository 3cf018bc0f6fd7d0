//! What is known at this moment, drawn and framed once for all pages.

use std::sync::Arc;

use tokio::sync::watch;

use super::message::Messages;
use crate::{
    model::Snapshot,
    view::{self, Regions},
};

/// What is known at this moment, in every shape in which it is asked for.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// The number of the tick; 0 before the first.
    pub tick: u64,
    /// What is known.
    pub snapshot: Snapshot,
    /// What is known, drawn.
    pub regions: Regions,
    pub(super) messages: Messages,
}

/// Holds what is known at this moment, and nothing older.
#[derive(Debug)]
pub struct Feed {
    build: String,
    live: watch::Sender<Arc<Live>>,
}

impl Feed {
    /// A feed of the build `build`, without a tick yet.
    pub fn new(build: String) -> Self {
        Self { build, live: watch::Sender::new(Arc::new(Live::default())) }
    }

    /// Takes in what is known, draws it and wakes all pages.
    pub fn publish(&self, snapshot: Snapshot) {
        let before = Arc::clone(&self.live.borrow());
        let (tick, regions) = (before.tick + 1, view::regions(&snapshot));
        let messages = Messages::new(&self.build, tick, &regions, &before.regions);
        self.live.send_replace(Arc::new(Live { tick, snapshot, regions, messages }));
    }

    /// Follows the feed.
    pub fn follow(&self) -> watch::Receiver<Arc<Live>> {
        self.live.subscribe()
    }
}
