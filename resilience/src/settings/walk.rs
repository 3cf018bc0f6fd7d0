use std::fmt::{Display, Write as _};

use super::{
    errors::{SettingsError, SettingsErrors},
    value::{Value, quoted},
};
use crate::config::ConfigErrors;

/// A walk through the settings: where it is, and what it has found wrong.
#[derive(Debug, Default)]
pub struct Walk {
    path: Vec<Step>,
    found: Vec<Found>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Name(String),
    Number(usize),
}

#[derive(Debug)]
struct Found {
    path: Vec<Step>,
    given: String,
    expected: String,
}

impl From<&str> for Step {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<usize> for Step {
    fn from(number: usize) -> Self {
        Self::Number(number)
    }
}

impl Walk {
    /// Goes one step down for as long as `visit` takes.
    pub(super) fn at<T>(&mut self, step: impl Into<Step>, visit: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step.into());
        let result = visit(self);
        self.path.pop();
        result
    }

    /// Notes a mistake here.
    pub(super) fn wrong(&mut self, given: impl Display, expected: impl Display) {
        self.found.push(Found {
            path: self.path.clone(),
            given: given.to_string(),
            expected: expected.to_string(),
        });
    }

    /// Notes a mistake one step below.
    pub(super) fn wrong_at(
        &mut self,
        step: impl Into<Step>,
        given: impl Display,
        expected: impl Display,
    ) {
        self.at(step, |walk| walk.wrong(given, expected));
    }

    /// Notes what a builder found wrong; its settings have the names of the data, with a dot
    /// between two steps.
    pub(super) fn adopt(&mut self, errors: &ConfigErrors) {
        self.adopt_as(errors, |name| Some(name));
    }

    /// Notes what a builder found wrong, under the names that `rename` makes of its settings.
    pub(super) fn adopt_as(
        &mut self,
        errors: &ConfigErrors,
        rename: impl Fn(&str) -> Option<&str>,
    ) {
        for error in errors.iter() {
            let Some(name) = rename(error.setting()) else { continue };
            let path = self.path.iter().cloned().chain(name.split('.').map(Step::from)).collect();
            let (given, expected) = (error.given().to_owned(), error.expected().to_owned());
            self.found.push(Found { path, given, expected });
        }
    }

    /// Whether something is wrong at `step` below here, or further down.
    pub(super) fn failed_at(&self, step: &str) -> bool {
        let path = [self.path.as_slice(), &[step.into()]].concat();
        self.found.iter().any(|found| found.path.starts_with(&path))
    }

    /// The mistakes, in the order in which they lie in `document`, with `prefix` before each path.
    pub(super) fn finish(mut self, prefix: &str, document: Option<&Value>) -> SettingsErrors {
        if let Some(document) = document {
            self.found.sort_by_cached_key(|found| position(document, &found.path));
        }
        let errors = self.found.into_iter().map(|found| SettingsError {
            path: text(prefix, &found.path),
            given: found.given,
            expected: found.expected,
        });
        SettingsErrors { errors: errors.collect() }
    }
}

/// Where `path` lies in `document`, level by level; what is absent lies where it should be in.
fn position(document: &Value, path: &[Step]) -> Vec<usize> {
    let mut value = document;
    let mut places = Vec::new();
    for step in path {
        let next = match (value, step) {
            (Value::Table(entries), Step::Name(name)) => entries
                .iter()
                .enumerate()
                .find(|(_, entry)| entry.0 == *name)
                .map(|(place, entry)| (place, &entry.1)),
            (Value::List(items), Step::Number(place)) => {
                items.get(*place).map(|item| (*place, item))
            }
            _ => None,
        };
        let Some((place, inner)) = next else { break };
        places.push(place);
        value = inner;
    }
    places
}

fn text(prefix: &str, path: &[Step]) -> String {
    let mut text = prefix.to_owned();
    for step in path {
        match step {
            Step::Name(name) => {
                let dot = if text.is_empty() { "" } else { "." };
                // A text takes any write.
                let _ = write!(text, "{dot}{}", shown(name));
            }
            Step::Number(number) => _ = write!(text, "[{number}]"),
        }
    }
    if text.is_empty() { "the document".to_owned() } else { text }
}

/// A name as a message shows it: plain where that cannot be mistaken.
pub(super) fn shown(name: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if (1..=64).contains(&name.len()) && name.bytes().all(is_plain) {
        name.to_owned()
    } else {
        quoted(name)
    }
}
