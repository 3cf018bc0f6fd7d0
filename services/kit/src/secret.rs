//! A value that must not be shown.

use std::fmt;

/// A secret text: it has no `Display`, and `Debug` does not print it.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Keeps `value`; an empty one is no secret, since anybody can guess it.
    pub fn new(value: String) -> Option<Self> {
        (!value.is_empty()).then_some(Self(value))
    }

    /// Whether `given` is the secret, in a time that does not depend on where they differ.
    pub fn matches(&self, given: &str) -> bool {
        let (own, given) = (self.0.as_bytes(), given.as_bytes());
        // The length may leak: it tells nothing about the characters.
        own.len() == given.len()
            && own.iter().zip(given).fold(0, |differences, (a, b)| differences | (a ^ b)) == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn only_the_very_same_text_matches() {
        let secret = Secret::new("s3cret".into()).unwrap();
        assert!(secret.matches("s3cret"));
        for other in ["", "s3cre", "s3cret1", "s3creT", "x3cret"] {
            assert!(!secret.matches(other), "{other:?}");
        }
    }

    #[test]
    fn an_empty_text_is_no_secret() {
        assert!(Secret::new(String::new()).is_none());
    }

    #[test]
    fn debug_does_not_show_it() {
        assert_eq!(format!("{:?}", Secret::new("s3cret".into())), "Some(Secret(..))");
    }
}
