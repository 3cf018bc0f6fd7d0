//! How settings report their mistakes: all at once, with the value given and what was expected.

use std::{error, fmt, ops::RangeInclusive, time::Duration};

/// Everything that is wrong with a set of settings.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use resilience::circuit_breaker::Config;
///
/// let errors = Config::builder().open_for(Duration::ZERO).min_calls(0).build().unwrap_err();
/// assert_eq!(errors.iter().count(), 2);
/// assert_eq!(
///     errors.to_string(),
///     "min_calls is 0, but must be 1 to 1000000; open_for is 0ns, but must be 1ms to 24h",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors {
    errors: Vec<ConfigError>,
}

/// One setting that is out of its range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    setting: &'static str,
    given: String,
    expected: String,
}

impl ConfigErrors {
    /// The mistakes, in the order in which the settings are documented.
    pub fn iter(&self) -> impl Iterator<Item = &ConfigError> {
        self.errors.iter()
    }
}

#[cfg(feature = "wire")]
impl ConfigErrors {
    /// The mistakes of all, if there are some.
    pub(crate) fn of(all: impl IntoIterator<Item = Self>) -> Result<(), Self> {
        let errors: Vec<_> = all.into_iter().flat_map(|some| some.errors).collect();
        if errors.is_empty() { Ok(()) } else { Err(Self { errors }) }
    }
}

impl ConfigError {
    /// The name of the setting.
    pub fn setting(&self) -> &str {
        self.setting
    }

    /// The value given.
    pub fn given(&self) -> &str {
        &self.given
    }

    /// What would have been right.
    pub fn expected(&self) -> &str {
        &self.expected
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}, but must be {}", self.setting, self.given, self.expected)
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, error) in self.errors.iter().enumerate() {
            if at > 0 {
                f.write_str("; ")?;
            }
            fmt::Display::fmt(error, f)?;
        }
        Ok(())
    }
}

impl error::Error for ConfigError {}
impl error::Error for ConfigErrors {}

/// Collects mistakes while a builder checks its settings.
#[derive(Debug, Default)]
pub(crate) struct Check {
    errors: Vec<ConfigError>,
}

impl Check {
    /// Asks that `given` lies in `range`.
    pub(crate) fn range<T: PartialOrd + fmt::Display>(
        &mut self,
        setting: &'static str,
        given: T,
        range: RangeInclusive<T>,
    ) {
        let expected = format_args!("{} to {}", range.start(), range.end());
        self.that(range.contains(&given), setting, given, expected);
    }

    /// Asks that `given` lies in `range`.
    pub(crate) fn duration(
        &mut self,
        setting: &'static str,
        given: Duration,
        range: RangeInclusive<Duration>,
    ) {
        let expected = format_args!("{} to {}", Human(*range.start()), Human(*range.end()));
        self.that(range.contains(&given), setting, Human(given), expected);
    }

    /// Asks that `given` is no shorter than `least`.
    pub(crate) fn at_least(&mut self, setting: &'static str, given: Duration, least: Duration) {
        let expected = format_args!("{} or longer", Human(least));
        self.that(given >= least, setting, Human(given), expected);
    }

    /// Asks that `fits`.
    pub(crate) fn that(
        &mut self,
        fits: bool,
        setting: &'static str,
        given: impl fmt::Display,
        expected: impl fmt::Display,
    ) {
        if !fits {
            self.errors.push(ConfigError {
                setting,
                given: given.to_string(),
                expected: expected.to_string(),
            });
        }
    }

    /// `config` when nothing was wrong.
    pub(crate) fn finish<T>(self, config: T) -> Result<T, ConfigErrors> {
        if self.errors.is_empty() { Ok(config) } else { Err(ConfigErrors { errors: self.errors }) }
    }
}

/// A duration in the largest unit that shows it without a fraction.
struct Human(Duration);

impl fmt::Display for Human {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (secs, nanos) = (self.0.as_secs(), self.0.subsec_nanos());
        if nanos == 0 && secs > 0 {
            match (secs % 3_600, secs % 60) {
                (0, _) => write!(f, "{}h", secs / 3_600),
                (_, 0) => write!(f, "{}min", secs / 60),
                _ => write!(f, "{secs}s"),
            }
        } else {
            write!(f, "{:?}", self.0)
        }
    }
}
