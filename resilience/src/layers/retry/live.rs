//! The settings of a layer that is in use.

use std::{ops::Deref, sync::Arc};

use super::config::{Config, Inside};
use crate::sync::{AtomicU64, Mutex, Ordering, PoisonError, Swap};

// The attempts in the lower half, and three marks above them.
const ATTEMPTS: u64 = 0xffff_ffff;
const IS_TIMED: u64 = 1 << 32;
const STANDS_DOWN_INSIDE: u64 = 1 << 33;
const IS_OFF: u64 = 1 << 34;

/// What calls go by, exchanged while they run.
#[derive(Debug)]
pub(super) struct Live {
    /// All that a call needs whose first attempt is its last.
    head: AtomicU64,
    config: Swap<Config>,
    /// Held by who changes both, so that they are always of one caller.
    changing: Mutex<()>,
}

/// What each call reads of the settings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head(u64);

impl Head {
    fn of(config: &Config) -> Self {
        let mark = |is_set, mark| if is_set { mark } else { 0 };
        let is_timed = mark(config.max_elapsed.is_some(), IS_TIMED);
        let stands_down = mark(config.inside == Inside::StandDown, STANDS_DOWN_INSIDE);
        Self(u64::from(config.max_attempts) | is_timed | stands_down)
    }

    /// The attempts in all: one when retry is switched off.
    #[inline]
    pub(super) const fn max_attempts(self) -> u32 {
        if self.is_off() { 1 } else { (self.0 & ATTEMPTS) as u32 }
    }

    /// Whether it matters when a call began.
    #[inline]
    pub(super) const fn is_timed(self) -> bool {
        self.0 & IS_TIMED != 0
    }

    /// Whether layers inside are told to stand down.
    #[inline]
    pub(super) const fn stands_down_inside(self) -> bool {
        self.0 & STANDS_DOWN_INSIDE != 0
    }

    pub(super) const fn is_off(self) -> bool {
        self.0 & IS_OFF != 0
    }
}

impl Live {
    pub(super) fn new(config: Config) -> Self {
        Self::with(Head::of(&config), Arc::new(config))
    }

    fn with(head: Head, config: Arc<Config>) -> Self {
        Self { head: AtomicU64::new(head.0), config: Swap::new(config), changing: Mutex::new(()) }
    }

    #[inline]
    pub(super) fn head(&self) -> Head {
        Head(self.head.load(Ordering::Relaxed))
    }

    pub(super) fn config(&self) -> impl Deref<Target = Arc<Config>> {
        self.config.load()
    }

    /// Goes by what `change` makes of the settings in force.
    pub(super) fn update<E>(
        &self,
        change: impl FnOnce(&Config) -> Result<Config, E>,
    ) -> Result<(), E> {
        let _old = {
            let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
            let old = Arc::clone(&self.config());
            let config = change(&old)?;
            let head = Head::of(&config).0;
            self.config.store(Arc::new(config));
            self.change(|seen| head | seen & IS_OFF);
            // A function of the user may go with them, unless they are the first, which stay: not
            // while the lock is held.
            old
        };
        Ok(())
    }

    pub(super) fn switch(&self, is_on: bool) {
        self.change(|seen| if is_on { seen & !IS_OFF } else { seen | IS_OFF });
    }

    fn change(&self, change: impl Fn(u64) -> u64) {
        let step = |seen| Some(change(seen));
        let _ = self.head.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step);
    }
}

impl Clone for Live {
    fn clone(&self) -> Self {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let config = Arc::clone(&self.config());
        Self::with(self.head(), config)
    }
}
