//! Shared ownership whose count each thread keeps on a line of its own.
//!
//! A call owns a share of what its layer shares, because it may outlive every service. All
//! threads that make calls would write the one count of an `Arc`, and that alone would make two
//! of them slower than one. So a call counts on the lane of its thread, and the lane holds the
//! value.

use std::{fmt, ops::Deref, sync::Arc};

use crate::stripes::Stripes;

/// Keeps a value alive, and lends [`Hold`]s on it. Clones are of the same value.
pub(crate) struct Holders<T>(Arc<Lanes<T>>);

struct Lanes<T> {
    value: Arc<T>,
    stripes: Stripes<Arc<Lane<T>>>,
}

/// On lines of its own: it is its count that calls write.
#[repr(align(64))]
struct Lane<T>(Arc<T>);

/// Keeps a value alive for one call, on whichever thread that ends.
pub(crate) struct Hold<T>(Arc<Lane<T>>);

impl<T> Holders<T> {
    pub(crate) fn new(value: Arc<T>) -> Self {
        let first = Arc::new(Lane(Arc::clone(&value)));
        Self(Arc::new(Lanes { value, stripes: Stripes::new(first) }))
    }

    /// The value, to be shared where no call counts.
    pub(crate) fn value(&self) -> &Arc<T> {
        &self.0.value
    }

    #[inline]
    pub(crate) fn hold(&self) -> Hold<T> {
        let mine = self.0.stripes.mine(|| Arc::new(Lane(Arc::clone(&self.0.value))));
        Hold(Arc::clone(mine.stripe))
    }

    /// Whether there is a hold, or a clone of this, at this moment. One that is just taken may be
    /// missed.
    #[cfg(feature = "keyed")]
    pub(crate) fn is_held(&self) -> bool {
        let is_held = |lane| Arc::strong_count(lane) > 1;
        Arc::strong_count(&self.0) > 1 || self.0.stripes.iter().any(is_held)
    }
}

impl<T> Clone for Holders<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Holders<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0.value
    }
}

impl<T> Deref for Hold<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0.0
    }
}

impl<T: fmt::Debug> fmt::Debug for Holders<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: fmt::Debug> fmt::Debug for Hold<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, thread};

    use super::Holders;

    #[test]
    fn a_value_lives_as_long_as_the_last_hold_on_it_and_no_longer() {
        let value = Arc::new(5);
        let alive = Arc::downgrade(&value);
        let holders = Holders::new(value);
        let mine = holders.hold();
        let other = thread::scope(|scope| scope.spawn(|| holders.hold()).join()).unwrap();
        drop(holders.clone());
        drop(holders);
        drop(mine);
        assert_eq!(*other, 5);
        assert!(alive.upgrade().is_some());
        drop(other);
        assert!(alive.upgrade().is_none());
    }
}
