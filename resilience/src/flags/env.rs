use std::{
    env::{self, VarError},
    future::{Future, ready},
};

use super::{
    set::{FlagError, FlagSet},
    source::FlagSource,
};

/// Flags from a variable of the environment that holds a JSON object of them; without the
/// variable there are none.
#[derive(Clone, Debug)]
pub struct EnvFlags {
    variable: String,
    name: String,
}

impl EnvFlags {
    /// Reads the variable called `variable`.
    #[must_use]
    pub fn new(variable: impl Into<String>) -> Self {
        let variable = variable.into();
        Self { name: format!("variable {variable}"), variable }
    }

    fn read(&self) -> Result<FlagSet, FlagError> {
        match env::var(&self.variable) {
            Ok(text) if text.trim().is_empty() => Ok(FlagSet::new()),
            Ok(text) => FlagSet::from_json(&text),
            Err(VarError::NotPresent) => Ok(FlagSet::new()),
            Err(VarError::NotUnicode(_)) => Err(FlagError::new("it is no text")),
        }
    }
}

impl FlagSource for EnvFlags {
    fn name(&self) -> &str {
        &self.name
    }

    fn flags(&mut self) -> impl Future<Output = Result<FlagSet, FlagError>> + Send {
        ready(self.read())
    }
}
