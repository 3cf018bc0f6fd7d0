use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use papaya::Equivalent;

/// The longest text that has a place: a host's name has at most 253 bytes, and a port
/// with its colon 6.
pub(super) const LONGEST: usize = 259;

/// A key that is kept, and told with what is kept for it.
///
/// Numbers come before texts in its order. Cloning one copies a pointer.
///
/// # Examples
///
/// ```
/// use resilience::keyed::Key;
///
/// let (number, text) = (Key::from(7), Key::from("api.example.org:443"));
/// assert!(number < text);
/// assert_eq!(text.to_string(), "api.example.org:443");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Key {
    /// A number, such as a tenant's.
    Number(u64),
    /// A text, such as a host's name.
    Text(Arc<str>),
}

/// A key as a request has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyRef<'a> {
    /// A number, such as a tenant's.
    Number(u64),
    /// A text, such as a host's name.
    Text(&'a str),
}

impl Key {
    /// The key without a copy of its text.
    pub fn as_key_ref(&self) -> KeyRef<'_> {
        match self {
            Self::Number(number) => KeyRef::Number(*number),
            Self::Text(text) => KeyRef::Text(text),
        }
    }
}

impl KeyRef<'_> {
    /// The key with a copy of its text.
    pub fn to_key(self) -> Key {
        match self {
            Self::Number(number) => Key::Number(number),
            Self::Text(text) => Key::Text(text.into()),
        }
    }

    pub(super) const fn is_too_long(self) -> bool {
        matches!(self, Self::Text(text) if text.len() > LONGEST)
    }
}

// Without the variant: no map has keys of both sorts, but one whose function makes both, and there
// a number and a text of the same hash are told apart by comparing.
impl Hash for KeyRef<'_> {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Number(number) => number.hash(state),
            Self::Text(text) => text.hash(state),
        }
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_key_ref().hash(state);
    }
}

/// A key that is looked for. A type of its own, so that the map is not part of the public API.
#[derive(Clone, Copy, Hash)]
pub(super) struct Wanted<'a>(pub(super) KeyRef<'a>);

impl Equivalent<Key> for Wanted<'_> {
    #[inline]
    fn equivalent(&self, key: &Key) -> bool {
        self.0 == key.as_key_ref()
    }
}

impl From<u64> for Key {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<u64> for KeyRef<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl<'a> From<&'a str> for KeyRef<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a Key> for KeyRef<'a> {
    fn from(key: &'a Key) -> Self {
        key.as_key_ref()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_key_ref().fmt(f)
    }
}

impl fmt::Display for KeyRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}
