use super::token::Token;

/// Who may ask, and under which names this process is reached.
///
/// Default: nobody, under the names of loopback.
#[derive(Clone, Debug, Default)]
pub struct Access {
    entries: Vec<Entry>,
    hosts: Vec<String>,
}

#[derive(Clone, Debug)]
struct Entry {
    who: String,
    token: Token,
    role: Role,
}

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Reader,
    Operator,
}

/// Somebody who was let in.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) who: String,
    pub(super) role: Role,
}

impl Access {
    /// Lets nobody in.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets whoever shows `token` look, in the name of `who`.
    #[must_use]
    pub fn reader(self, who: impl Into<String>, token: Token) -> Self {
        self.entry(who.into(), token, Role::Reader)
    }

    /// Lets whoever shows `token` look and give commands, which are noted under `who`.
    #[must_use]
    pub fn operator(self, who: impl Into<String>, token: Token) -> Self {
        self.entry(who.into(), token, Role::Operator)
    }

    /// Answers requests to the host `name` as well; without its port.
    #[must_use]
    pub fn host(mut self, name: impl Into<String>) -> Self {
        self.hosts.push(name.into().to_ascii_lowercase());
        self
    }

    fn entry(mut self, who: String, token: Token, role: Role) -> Self {
        self.entries.push(Entry { who, token, role });
        self
    }

    /// Who shows `token`. All are compared, whichever it is.
    pub(super) fn caller(&self, token: &str) -> Option<Caller> {
        let mut found = None;
        for entry in &self.entries {
            if entry.token.matches(token) {
                found = Some(Caller { who: entry.who.clone(), role: entry.role });
            }
        }
        found
    }

    /// Whether this process is reached under the name in `authority`, whatever the port.
    pub(super) fn knows(&self, authority: &str) -> bool {
        let name = match authority.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => authority,
        };
        let name = name.to_ascii_lowercase();
        matches!(&*name, "localhost" | "127.0.0.1" | "[::1]") || self.hosts.contains(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::Access;

    #[test]
    fn hosts_are_known_by_name_whatever_their_port() {
        let access = Access::new().host("Admin.Internal");
        for known in ["localhost", "127.0.0.1:9900", "[::1]:1", "[::1]", "admin.internal:80"] {
            assert!(access.knows(known), "{known}");
        }
        for other in ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil:80", ":80"] {
            assert!(!access.knows(other), "{other}");
        }
    }
}
