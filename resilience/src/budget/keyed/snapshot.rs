use crate::keyed::Key;

/// What is in the budget of one key at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeySnapshot {
    /// The key.
    pub key: Key,
    /// The retries after a failure that would be granted.
    pub balance: u64,
}
