use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::Duration;

use crate::{case::Facts, verdict::Gap};

/// Named values that are taken out one by one, so that what nobody took is found.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    facts: Facts,
    place: String,
}

impl Keys {
    /// The values of `facts`, which stand in `place`.
    pub(crate) fn new(facts: Facts, place: &str) -> Self {
        Self { facts, place: place.to_owned() }
    }

    /// Takes the value called `name`; `None`: it is absent.
    pub(crate) fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, Gap> {
        let Some(value) = self.facts.remove(name) else { return Ok(None) };
        serde_json::from_value(value.clone())
            .map(Some)
            .map_err(|_| Gap::new(format!("{} {name}: {value}", self.place)))
    }

    /// Takes the value called `name`, which a case needs.
    pub(crate) fn need<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, Gap> {
        self.take(name)?.ok_or_else(|| Gap::new(format!("{} without {name}", self.place)))
    }

    /// Takes a time in milliseconds. One below zero is no time.
    pub(crate) fn millis(&mut self, name: &str) -> Result<Option<Duration>, Gap> {
        let Some(number) = self.take::<f64>(name)? else { return Ok(None) };
        Duration::try_from_secs_f64(number / 1_000.0)
            .map(Some)
            .map_err(|_| Gap::new(format!("{} {name}: {number}", self.place)))
    }

    /// Takes the group of values called `name`.
    pub(crate) fn group(&mut self, name: &str) -> Result<Option<Self>, Gap> {
        let place = format!("{} {name}", self.place);
        Ok(self.take::<Facts>(name)?.map(|facts| Self { facts, place }))
    }

    /// Takes the list called `name`; a value alone is a list of one.
    pub(crate) fn list(&mut self, name: &str) -> Result<Option<Vec<Value>>, Gap> {
        Ok(self.take::<Value>(name)?.map(|value| match value {
            Value::Array(values) => values,
            value => vec![value],
        }))
    }

    /// The names that are left, in their order.
    pub(crate) fn names(&self) -> Vec<String> {
        self.facts.keys().cloned().collect()
    }

    /// Puts `facts` over these.
    pub(crate) fn overlay(&mut self, facts: Facts) {
        self.facts.extend(facts);
    }

    /// Nothing may be left.
    pub(crate) fn finish(self) -> Result<(), Gap> {
        match self.facts.iter().next() {
            None => Ok(()),
            Some((name, value)) => Err(Gap::new(format!("{} {name}: {value}", self.place))),
        }
    }
}
