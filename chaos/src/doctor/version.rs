use std::fmt;

/// A version as programs tell it: major and minor decide, the rest is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// The first number.
    pub major: u32,
    /// The second number.
    pub minor: u32,
}

impl Version {
    /// The first word of `text` that is a version, such as that of `rustc 1.94.0 (…)`.
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        text.split_whitespace().find_map(Self::parse)
    }

    fn parse(word: &str) -> Option<Self> {
        let mut numbers = word.trim_start_matches('v').split('.');
        let major = numbers.next()?.parse().ok()?;
        let minor = numbers.next()?;
        let minor = minor.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?;
        Some(Self { major, minor })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_found_among_other_words() {
        let found = |text| Version::find(text).map(|version| version.to_string());
        assert_eq!(found("rustc 1.94.0 (4a4ef493e 2026-03-02)").as_deref(), Some("1.94"));
        assert_eq!(found("cargo 1.97.0-nightly").as_deref(), Some("1.97"));
        assert_eq!(found("Docker Compose version v2.26").as_deref(), Some("2.26"));
        assert_eq!(found("no numbers here"), None);
        assert!(Version::find("1.100") > Version::find("1.94"));
    }
}
