use std::{error, fmt};

/// Everything that is wrong with a document of settings.
///
/// Displayed, it is one line for each mistake.
///
/// # Examples
///
/// ```
/// use resilience::settings::{Given, StackSettings};
///
/// let given: Given<StackSettings> = serde_json::from_str(
///     r#"{ "deadline": { "limit": 3 }, "retry": { "max_atempts": 2, "max_elapsed": "0s" } }"#,
/// )?;
/// let errors = given.check("users").unwrap_err();
/// assert_eq!(
///     errors.to_string(),
///     "users.deadline.limit is 3, but must be a duration such as \"250ms\"\n\
///      users.retry.max_atempts is 2, but must be a known setting, perhaps max_attempts\n\
///      users.retry.max_elapsed is 0ns, but must be 1ms to 24h",
/// );
/// assert_eq!(errors.iter().next().map(|error| error.path()), Some("users.deadline.limit"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingsErrors {
    pub(super) errors: Vec<SettingsError>,
}

/// One mistake, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError {
    pub(super) path: String,
    pub(super) given: String,
    pub(super) expected: String,
}

impl SettingsErrors {
    /// The mistakes, in the order of the document; without one, in the order in which the settings
    /// are documented.
    pub fn iter(&self) -> impl Iterator<Item = &SettingsError> {
        self.errors.iter()
    }

    /// The number of mistakes.
    pub fn len(&self) -> usize {
        self.errors.len()
    }

    /// Whether there are none, as before anything was added.
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }
}

/// Adds the mistakes of other documents, so that several are reported at once.
impl Extend<SettingsError> for SettingsErrors {
    fn extend<I: IntoIterator<Item = SettingsError>>(&mut self, errors: I) {
        self.errors.extend(errors);
    }
}

impl IntoIterator for SettingsErrors {
    type Item = SettingsError;
    type IntoIter = std::vec::IntoIter<SettingsError>;

    fn into_iter(self) -> Self::IntoIter {
        self.errors.into_iter()
    }
}

impl SettingsError {
    /// The way to the setting, such as `clients.users.circuit_breaker.rules[2].rate`.
    ///
    /// A name that is not plain is in quotes, and a long one is cut.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The value given; of a long one its beginning.
    pub fn given(&self) -> &str {
        &self.given
    }

    /// What would have been right.
    pub fn expected(&self) -> &str {
        &self.expected
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}, but must be {}", self.path, self.given, self.expected)
    }
}

impl fmt::Display for SettingsErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, error) in self.errors.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            fmt::Display::fmt(error, f)?;
        }
        Ok(())
    }
}

impl error::Error for SettingsError {}
impl error::Error for SettingsErrors {}
