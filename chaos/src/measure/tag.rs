use std::fmt;

use serde::{Deserialize, Serialize};

/// Marks the orders of one run, so that they can be told from others in the same store.
///
/// It is drawn anew for each run and not from the seed: the same seed twice on one store would
/// otherwise find its own keys in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tag(String);

impl Tag {
    /// Draws the tag of a run.
    #[must_use = "two draws differ"]
    pub fn draw() -> Self {
        Self(format!("run-{:016x}", fastrand::u64(..)))
    }

    /// The key of the order `name` of this run.
    #[must_use]
    pub fn key(&self, name: &str) -> String {
        format!("{self}-{name}")
    }

    /// Whether `key` is of an order of this run.
    pub fn is_on(&self, key: &str) -> bool {
        key.strip_prefix(&self.0).is_some_and(|rest| rest.starts_with('-'))
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_bears_the_tag_of_its_run_and_of_no_other() {
        let (tag, other) = (Tag::draw(), Tag::draw());
        assert_ne!(tag, other);
        assert!(tag.is_on(&tag.key("1")));
        assert!(!other.is_on(&tag.key("1")));
        assert!(!tag.is_on(&format!("{tag}0-1")), "a longer tag is another one");
        assert!(!tag.is_on("") && !tag.is_on("demo-1"));
    }
}
