use tokio::time::Instant;

use super::{key::Key, places::Places};

/// Who keeps a value for each key.
pub(crate) trait Keeper {
    /// What is kept for a key.
    type Value;
    /// What changes only while no key comes or leaves.
    type Guarded;

    /// What it keeps them in.
    fn places(&self) -> &Places<Self::Value, Self::Guarded>;

    /// The value of a key that has none. The lock is held meanwhile.
    fn make(&self, key: &Key, guarded: &Self::Guarded) -> Self::Value;

    /// The value that is shared by the keys without a place.
    fn overflow(&self) -> &Self::Value;

    /// Whether nothing is lost with `value` that matters: because its place is needed, or because
    /// it was not used for long.
    fn may_leave(&self, value: &Self::Value, is_idle: bool, now: Instant) -> bool;

    /// Whether somebody has a share of `value` at this moment.
    fn is_held(&self, value: &Self::Value) -> bool;
}
