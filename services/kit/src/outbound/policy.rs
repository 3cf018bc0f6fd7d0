//! Which policies guard a client, and their limits.

use std::{fmt, str::FromStr};

/// A policy that can be left out, to see what it was good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Trying again after a failure.
    Retry,
    /// Refusing to call what keeps failing.
    Breaker,
    /// A limit on the time of each attempt.
    Timeout,
    /// A limit on the time of a call with all its attempts.
    Deadline,
    /// A limit on the share of calls that are retries.
    Budget,
}

impl Policy {
    const ALL: [Self; 5] =
        [Self::Retry, Self::Breaker, Self::Timeout, Self::Deadline, Self::Budget];

    /// Its name on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Breaker => "breaker",
            Self::Timeout => "timeout",
            Self::Deadline => "deadline",
            Self::Budget => "budget",
        }
    }
}

/// The policies that a stack is built without; written as names between commas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Without(Vec<Policy>);

impl Without {
    /// Whether nothing is left out.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `policy` is left out.
    pub fn contains(&self, policy: Policy) -> bool {
        self.0.contains(&policy)
    }
}

/// A name that no policy has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no policy; expected some of retry,breaker,timeout,deadline,budget")]
pub struct UnknownPolicy(String);

impl FromStr for Without {
    type Err = UnknownPolicy;

    fn from_str(text: &str) -> Result<Self, UnknownPolicy> {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        let find = |name: &str| {
            let known = Policy::ALL.into_iter().find(|policy| policy.as_str() == name);
            known.ok_or_else(|| UnknownPolicy(name.to_owned()))
        };
        names.map(find).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Without {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.iter().map(|policy| policy.as_str()).collect();
        f.write_str(&names.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::{Policy, Without};

    #[test]
    fn names_between_commas_are_read_and_written() {
        let without: Without = "retry, breaker,".parse().unwrap();
        assert!(without.contains(Policy::Retry) && without.contains(Policy::Breaker));
        assert!(!without.contains(Policy::Budget));
        assert_eq!(without.to_string(), "retry,breaker");
        assert!("".parse::<Without>().unwrap().is_empty());
    }

    #[test]
    fn an_unknown_name_is_told_with_the_known_ones() {
        assert_eq!(
            "retries".parse::<Without>().unwrap_err().to_string(),
            "\"retries\" is no policy; expected some of retry,breaker,timeout,deadline,budget"
        );
    }
}
