//! A user, and what a caller may send to make one.

use jiff::Timestamp;
use kit::problem::FieldError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

const MAX_NAME: usize = 100;

/// The longest address that mail can be delivered to (RFC 5321).
const MAX_EMAIL: usize = 254;

/// Somebody who may order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct User {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) email: String,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
}

/// What a caller sends to make a user.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    #[schema(min_length = 1, max_length = 100, example = "Ann")]
    pub(crate) name: String,
    #[schema(max_length = 254, format = Email, example = "ann@example.com")]
    pub(crate) email: String,
}

impl NewUser {
    /// Everything that is wrong with it, at once.
    pub(crate) fn check(&self) -> Result<(), Vec<FieldError>> {
        let checks = [("name", check_name(&self.name)), ("email", check_email(&self.email))];
        let wrong: Vec<_> = checks
            .into_iter()
            .filter_map(|(field, check)| Some((field, check.err()?)))
            .map(|(field, message)| FieldError { field: field.into(), message })
            .collect();
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}

fn check_name(name: &str) -> Result<(), String> {
    let length = name.chars().count();
    if !(1..=MAX_NAME).contains(&length) {
        return Err(format!("has {length} characters, but must have 1 to {MAX_NAME}"));
    }
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        return Err("must have visible characters and no control characters".into());
    }
    Ok(())
}

/// Checks the shape alone; whether mail arrives only a mail can tell.
fn check_email(email: &str) -> Result<(), String> {
    if email.len() > MAX_EMAIL {
        return Err(format!("has {} bytes, but may have {MAX_EMAIL}", email.len()));
    }
    let parts = email.split_once('@');
    let has_parts = parts
        .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty() && !host.contains('@'));
    if !has_parts || email.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(format!("is {email:?}, but must look like name@host"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::NewUser;

    fn wrong_fields(name: &str, email: &str) -> Vec<String> {
        let user = NewUser { name: name.into(), email: email.into() };
        let wrong = user.check().err().unwrap_or_default();
        wrong.into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        assert_eq!(wrong_fields("", "nobody"), ["name", "email"]);
    }

    #[test]
    fn a_name_has_one_to_a_hundred_characters_whatever_their_bytes() {
        let none: [&str; 0] = [];
        assert_eq!(wrong_fields(&"ü".repeat(100), "a@b"), none);
        for name in [&*"ü".repeat(101), "", "  ", "a\u{7}b"] {
            assert_eq!(wrong_fields(name, "a@b"), ["name"], "{name:?}");
        }
    }

    #[test]
    fn an_address_needs_both_sides_of_one_at_sign() {
        for email in ["", "a", "@", "a@", "@b", "a@b@c", "a b@c", "a@b\n", &"a@b".repeat(100)] {
            assert_eq!(wrong_fields("Ann", email), ["email"], "{email:?}");
        }
    }
}
