//! The name that a caller gives to what it wants done once.

use http::HeaderValue;

const MAX_KEY: usize = 128;

/// An idempotency key: 1 to 128 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key(String);

/// A header that is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the header idempotency-key must have 1 to {MAX_KEY} visible ASCII characters")]
pub(crate) struct BadKey;

impl Key {
    pub(crate) fn parse(header: &HeaderValue) -> Result<Self, BadKey> {
        let text = header.as_bytes();
        let fits = (1..=MAX_KEY).contains(&text.len()) && text.iter().all(u8::is_ascii_graphic);
        match header.to_str() {
            Ok(text) if fits => Ok(Self(text.to_owned())),
            _ => Err(BadKey),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{BadKey, HeaderValue, Key};

    fn parse(text: &str) -> Result<Key, BadKey> {
        Key::parse(&HeaderValue::from_bytes(text.as_bytes()).unwrap())
    }

    #[test]
    fn a_key_has_1_to_128_visible_characters() {
        for good in ["a", "~!", "0197-ab", &*"k".repeat(128)] {
            assert_eq!(parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "a b", "a\tb", "ü", &*"k".repeat(129)] {
            assert_eq!(parse(bad), Err(BadKey), "{bad:?}");
        }
    }
}
