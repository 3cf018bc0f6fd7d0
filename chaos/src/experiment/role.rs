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

impl Role {
    /// All services, callers before those they call: the order in which they stop.
    pub const ALL: [Self; 3] = [Self::Order(Group::Guarded), Self::Order(Group::Bare), Self::User];

    /// The name of the service in a Compose project.
    pub const fn service(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Order(Group::Guarded) => "order-guarded",
            Self::Order(Group::Bare) => "order-bare",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User => f.write_str("user service"),
            Self::Order(group) => write!(f, "{group} order service"),
        }
    }
}
