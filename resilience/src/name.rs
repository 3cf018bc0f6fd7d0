//! Names of policies, as they appear in errors, events and metric labels.

use std::{
    collections::HashSet,
    error, fmt,
    str::FromStr,
    sync::{LazyLock, Mutex, PoisonError},
};

/// The most distinct names a process may have.
const LIMIT: usize = 10_000;

/// The longest name, in bytes.
const LONGEST: usize = 64;

static NAMES: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);

/// The name of a policy, such as `users-api`.
///
/// A rejection, an event and a metric carry the name, so it is checked once, here, to be
/// safe as a label: 1 to 64 characters out of `a-z`, `A-Z`, `0-9`, `.`, `_`, `-`, beginning
/// with a letter.
///
/// A name is a copy of a pointer. Its text is kept for the life of the process, so that a
/// rejection allocates nothing; a process may have 10,000 distinct names. Name a policy by
/// what it protects, never by a request's content.
///
/// # Examples
///
/// ```
/// use resilience::Name;
///
/// let name = Name::new("users-api")?;
/// assert_eq!(name.as_str(), "users-api");
///
/// let error = Name::new("users api").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "name is \"users api\", but must be 1 to 64 of a-z A-Z 0-9 . _ - beginning with a letter",
/// );
/// # Ok::<(), resilience::NameError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(&'static str);

impl Name {
    /// Checks and keeps `name`.
    ///
    /// # Errors
    ///
    /// [`NameError`] when the text is not safe as a label, or is one name too many.
    pub fn new(name: &str) -> Result<Self, NameError> {
        if !is_valid(name.as_bytes()) {
            return Err(NameError { given: name.into(), kind: Kind::Invalid });
        }
        let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = names.get(name) {
            return Ok(Self(known));
        }
        if names.len() >= LIMIT {
            return Err(NameError { given: name.into(), kind: Kind::TooMany });
        }
        let kept: &'static str = Box::leak(name.into());
        names.insert(kept);
        Ok(Self(kept))
    }

    /// Whether `name` could be one, without keeping it.
    #[cfg(feature = "flags")]
    pub(crate) fn check(name: &str) -> Result<(), NameError> {
        if is_valid(name.as_bytes()) {
            return Ok(());
        }
        Err(NameError { given: name.into(), kind: Kind::Invalid })
    }

    /// Checks `name` when the program is compiled, if used in a `const`.
    ///
    /// # Panics
    ///
    /// When the text is not safe as a label: in a `const`, that is an error of the build.
    ///
    /// # Examples
    ///
    /// ```
    /// use resilience::Name;
    ///
    /// const USERS: Name = Name::from_static("users-api");
    /// assert_eq!(USERS.as_str(), "users-api");
    /// ```
    #[must_use]
    pub const fn from_static(name: &'static str) -> Self {
        assert!(is_valid(name.as_bytes()), "a name is 1 to 64 of a-z A-Z 0-9 . _ -, letter first");
        Self(name)
    }

    /// The text.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

const fn is_valid(name: &[u8]) -> bool {
    if name.is_empty() || name.len() > LONGEST || !name[0].is_ascii_alphabetic() {
        return false;
    }
    let mut at = 1;
    while at < name.len() {
        let byte = name[at];
        if !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')) {
            return false;
        }
        at += 1;
    }
    true
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0, f)
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        Self::new(name)
    }
}

/// Why a text cannot be a [`Name`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameError {
    given: Box<str>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Invalid,
    TooMany,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A name from outside may be of any length and content; show what tells it apart.
        let shown: String = self.given.chars().take(LONGEST + 1).collect();
        write!(f, "name is {shown:?}, but ")?;
        match self.kind {
            Kind::Invalid => {
                f.write_str("must be 1 to 64 of a-z A-Z 0-9 . _ - beginning with a letter")
            }
            Kind::TooMany => write!(f, "this process already has {LIMIT} distinct names"),
        }
    }
}

impl error::Error for NameError {}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn equal_texts_share_one_copy() {
        let (one, other) = (Name::new("shared").unwrap(), Name::new("shared").unwrap());
        assert!(std::ptr::eq(one.as_str(), other.as_str()));
    }

    #[test]
    fn what_a_label_cannot_hold_is_refused_and_named() {
        for text in ["", "1st", "a b", "a\"b", "a\nb", "ä", &"x".repeat(65)] {
            let error = Name::new(text).unwrap_err().to_string();
            assert!(error.starts_with("name is \""), "{error}");
            assert!(error.len() < 200, "a long text is cut: {error}");
        }
        assert!(Name::new(&"x".repeat(64)).is_ok());
    }
}
