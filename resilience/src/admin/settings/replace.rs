use std::cell::RefCell;

use super::{
    breaker, budget, limit, retry,
    shown::{Shown, Told, no_table},
    tag::IfMatch,
};
use crate::{
    config::ConfigErrors,
    operator::{Listed, Policy},
    settings::{BudgetConfig, Given, Section, SettingsErrors},
    time,
    wire::SettingsMistake,
};

/// Why the settings of a policy were not replaced. Nothing of it has changed.
#[derive(Debug)]
pub(super) enum Refused {
    /// Policies like this have no settings that can be replaced.
    NotForThis(String),
    /// The body is no JSON.
    Unreadable(String),
    /// The settings in force are not those that the client has seen.
    Changed,
    /// Something is wrong with them.
    Wrong(Vec<SettingsMistake>),
}

impl From<SettingsErrors> for Refused {
    fn from(errors: SettingsErrors) -> Self {
        let mistake = |error: &crate::settings::SettingsError| SettingsMistake {
            path: error.path().to_owned(),
            given: error.given().to_owned(),
            expected: error.expected().to_owned(),
        };
        Self::Wrong(errors.iter().map(mistake).collect())
    }
}

impl From<ConfigErrors> for Refused {
    fn from(errors: ConfigErrors) -> Self {
        Self::Wrong(errors.iter().map(SettingsMistake::from).collect())
    }
}

/// Has `listed` go by the settings in `body`, when those in force are some that `seen` admits, and
/// tells what they are from here on.
///
/// Both are looked at where the settings are exchanged, so that of two clients that have seen the
/// same settings one is refused, however close they come.
pub(super) fn replace(listed: &Listed, body: &[u8], seen: &IfMatch) -> Result<Told, Refused> {
    let step = Step { listed, seen, made: RefCell::new(None) };
    match listed.policy() {
        Policy::CircuitBreaker(handle) => {
            let given = read(body)?;
            handle.update_with(|known| {
                let make = || breaker::replaced(&given, known);
                step.take(|| breaker::shown(known), make, breaker::shown)
            })?;
        }
        Policy::Retry(handle) => {
            let given = read(body)?;
            handle.update_with(|known| {
                step.take(|| retry::shown(known), || retry::replaced(&given, known), retry::shown)
            })?;
        }
        Policy::RetryBudget(handle) => {
            let given = read(body)?;
            let shown = |config: &_| budget::shown(&BudgetConfig::Token(*config));
            let outcome = handle.update_with(
                |known| step.take(|| shown(&known), || budget::replaced(&given, known), shown),
                time::read(),
            );
            outcome.unwrap_or_else(|| {
                let why = "a retry budget by share or by cost keeps the settings that it was made \
                           with";
                Err(Refused::NotForThis(why.to_owned()))
            })?;
        }
        Policy::Timeout(handle) => {
            let given = read(body)?;
            handle.update_with(|known| {
                let make = || limit::of_timeout(&given, known);
                step.take(|| limit::timeout(known), make, |wanted| limit::timeout(*wanted))
            })?;
        }
        Policy::Deadline(handle) => {
            let given = read(body)?;
            handle.update_with(|known| {
                let make = || limit::of_deadline(&given, known);
                step.take(|| limit::deadline(known), make, |wanted| limit::deadline(*wanted))
            })?;
        }
        other => return Err(Refused::NotForThis(no_table(other.kind()))),
    }
    Ok(step.made.into_inner().expect("settings that were exchanged were made"))
}

fn read<T: Section>(body: &[u8]) -> Result<Given<T>, Refused> {
    serde_json::from_slice(body).map_err(|error| Refused::Unreadable(error.to_string()))
}

/// One exchange of settings.
struct Step<'a> {
    listed: &'a Listed,
    seen: &'a IfMatch,
    /// Those that were made last: the exchange may ask again.
    made: RefCell<Option<Told>>,
}

impl Step<'_> {
    /// What `make` makes, unless the client has seen others than those that `known` shows.
    fn take<T>(
        &self,
        known: impl FnOnce() -> Shown,
        make: impl FnOnce() -> Result<T, Refused>,
        shown: impl FnOnce(&T) -> Shown,
    ) -> Result<T, Refused> {
        if !self.seen.admits(&known().of(self.listed).tag) {
            return Err(Refused::Changed);
        }
        let wanted = make()?;
        *self.made.borrow_mut() = Some(shown(&wanted).of(self.listed));
        Ok(wanted)
    }
}
