use std::fmt;

use super::Group;

/// One of the services of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The user service, which faults are aimed at.
    User,
    /// The order service of a group.
    Order(Group),
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User => f.write_str("user service"),
            Self::Order(group) => write!(f, "{group} order service"),
        }
    }
}
