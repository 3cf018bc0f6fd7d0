//! The keys whose orders are being placed right now.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::model::Key;

/// The most keys at once: 4 MiB when all of them have the longest allowed length.
const MAX_KEYS: usize = 16 * 1024;

/// The keys whose orders are being placed right now, in memory only.
///
/// It keeps two attempts of one key from asking the user service at the same time, and answers
/// the second one at once. It is not what makes a key count once: that is the database, which
/// also knows of other processes and of attempts that were cut off in the middle.
///
/// # Sharing
///
/// Clones share the keys.
#[derive(Clone, Debug)]
pub(crate) struct InProgress {
    keys: Arc<Mutex<HashSet<Key>>>,
    limit: usize,
}

/// Holds a key until it is dropped: by the end of the request, or by a caller that leaves.
#[derive(Debug)]
#[must_use = "the key is free again when this is dropped"]
pub(crate) struct Claim {
    keys: Arc<Mutex<HashSet<Key>>>,
    key: Key,
}

/// Why a key cannot be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Another attempt holds it.
    InProgress,
    /// As many keys are held as may be.
    Full,
}

impl InProgress {
    pub(crate) fn new() -> Self {
        Self::with_limit(MAX_KEYS)
    }

    fn with_limit(limit: usize) -> Self {
        Self { keys: Arc::default(), limit }
    }

    /// Holds `key`.
    pub(crate) fn claim(&self, key: &Key) -> Result<Claim, Taken> {
        let mut keys = lock(&self.keys);
        if keys.contains(key) {
            return Err(Taken::InProgress);
        }
        if keys.len() >= self.limit {
            return Err(Taken::Full);
        }
        keys.insert(key.clone());
        Ok(Claim { keys: Arc::clone(&self.keys), key: key.clone() })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        lock(&self.keys).remove(&self.key);
    }
}

/// A panic elsewhere leaves the set whole: each critical section is a single operation on it.
fn lock(keys: &Mutex<HashSet<Key>>) -> MutexGuard<'_, HashSet<Key>> {
    keys.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::{InProgress, Key, Taken};

    fn key(text: &'static str) -> Key {
        Key::parse(&HeaderValue::from_static(text)).unwrap()
    }

    #[test]
    fn a_key_is_held_once_until_it_is_dropped() {
        let keys = InProgress::new();
        let claim = keys.claim(&key("a")).unwrap();
        assert_eq!(keys.clone().claim(&key("a")).unwrap_err(), Taken::InProgress);
        assert!(keys.claim(&key("b")).is_ok());
        drop(claim);
        assert!(keys.claim(&key("a")).is_ok());
    }

    #[test]
    fn the_number_of_keys_is_bounded() {
        let keys = InProgress::with_limit(1);
        let claim = keys.claim(&key("a")).unwrap();
        assert_eq!(keys.claim(&key("b")).unwrap_err(), Taken::Full);
        drop(claim);
        assert!(keys.claim(&key("b")).is_ok());
    }
}
