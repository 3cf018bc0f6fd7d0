use std::fmt;

use serde::{Deserialize, Serialize};

/// One of the two order services that get the same load at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// The order service with its resilience layers.
    Guarded,
    /// The same service without them: the control.
    Bare,
}

impl Group {
    /// Both groups, in the order in which they are shown.
    pub const ALL: [Self; 2] = [Self::Guarded, Self::Bare];

    /// The name in tables, files and flags.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Guarded => "guarded",
            Self::Bare => "bare",
        }
    }

    /// The value of the `caller` label under which the user service counts this group.
    pub const fn caller(self) -> &'static str {
        match self {
            Self::Guarded => "order-guarded",
            Self::Bare => "order-bare",
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A value for each group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerGroup<T> {
    /// The value of [`Group::Guarded`].
    pub guarded: T,
    /// The value of [`Group::Bare`].
    pub bare: T,
}

impl<T> PerGroup<T> {
    /// Builds the value of each group with `make`.
    pub fn build(mut make: impl FnMut(Group) -> T) -> Self {
        Self { guarded: make(Group::Guarded), bare: make(Group::Bare) }
    }

    /// The value of `group`.
    pub const fn of(&self, group: Group) -> &T {
        match group {
            Group::Guarded => &self.guarded,
            Group::Bare => &self.bare,
        }
    }

    /// The value of `group`, to change it.
    pub const fn of_mut(&mut self, group: Group) -> &mut T {
        match group {
            Group::Guarded => &mut self.guarded,
            Group::Bare => &mut self.bare,
        }
    }
}
