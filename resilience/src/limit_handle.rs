use std::time::Duration;

#[cfg(all(feature = "admin", feature = "settings"))]
use crate::live_limit::InForce;
use crate::{
    meter::{Kind, Meter},
    name::Name,
};

/// Looks at the limit of time of the policies of one kind and name, and changes it while calls run.
///
/// # Sharing
///
/// A limit of time has no state but itself, so that it belongs to the name: what is set here holds
/// for all layers of its kind and name, those that are made later too, until it is cleared.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use resilience::{Name, timeout::TimeoutLayer};
///
/// let layer = TimeoutLayer::new(Name::from_static("users-api"), Duration::from_millis(250));
/// let limit = layer.handle();
/// limit.set(Duration::from_millis(100));
/// assert_eq!(limit.in_force(), Some(Duration::from_millis(100)));
/// limit.clear();
/// assert!(!limit.is_set());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct LimitHandle {
    meter: &'static Meter,
}

impl LimitHandle {
    pub(crate) fn new(kind: &'static Kind, name: Name) -> Self {
        Self { meter: Meter::of(kind, name) }
    }

    pub(crate) const fn of(meter: &'static Meter) -> Self {
        Self { meter }
    }

    /// The name of the policies.
    pub const fn name(&self) -> Name {
        self.meter.name()
    }

    /// The limit in force: what was set, else that of the layer that made a service last; `None`
    /// when none has.
    pub fn in_force(&self) -> Option<Duration> {
        self.meter.limit().in_force().limit
    }

    /// Whether a limit was set in place of those with which the layers were made.
    pub fn is_set(&self) -> bool {
        self.meter.limit().in_force().is_set
    }

    /// Allows calls that begin from here on `limit`, whatever their layer was made with.
    ///
    /// Range: 0 to 584 years, beyond which it is that.
    pub fn set(&self, limit: Duration) {
        self.meter.limit().set(Some(limit));
    }

    /// The limit in force and whether it was set, of one moment.
    #[cfg(all(feature = "admin", feature = "settings"))]
    pub(crate) fn read(self) -> InForce {
        self.meter.limit().in_force()
    }

    /// Goes by what `change` makes of the limit in force, whoever else sets one at the same time.
    #[cfg(all(feature = "admin", feature = "settings"))]
    pub(crate) fn update_with<E>(
        self,
        change: impl Fn(InForce) -> Result<InForce, E>,
    ) -> Result<(), E> {
        self.meter.limit().update(change)
    }

    /// Goes back to the limits with which the layers were made.
    pub fn clear(&self) {
        self.meter.limit().set(None);
    }
}
