use std::fmt;

use crate::experiment::Role;

/// A service that died without being told to, or did not stop cleanly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breakdown {
    /// Which.
    pub role: Role,
    /// What was seen.
    pub what: String,
}

impl fmt::Display for Breakdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {}: {}", self.role, self.what)
    }
}
