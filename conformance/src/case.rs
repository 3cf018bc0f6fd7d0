use std::{fs, path::Path};

use anyhow::{Context, ensure};
use serde::Deserialize;
use serde_json::{Map, Value};

/// What a file says of a step, a configuration or an expectation: names and values.
pub(crate) type Facts = Map<String, Value>;

/// A file of cases.
#[derive(Debug, Deserialize)]
struct Document {
    cases: Vec<Case>,
}

/// One behaviour, as data.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) pattern: String,
    pub(crate) adopt: Adopt,
    #[serde(default)]
    pub(crate) config: Facts,
    #[serde(default)]
    pub(crate) steps: Vec<Facts>,
    #[serde(default)]
    pub(crate) expect: Option<Facts>,
    /// What differs for this crate, where it does not adopt the behaviour.
    #[serde(default)]
    ours: Option<Ours>,
}

/// Whether this crate behaves so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Adopt {
    /// It does.
    Yes,
    /// It does once an option is set, which stands in the configuration.
    Option,
    /// It does not: what it does stands in `ours`.
    No,
}

#[derive(Clone, Debug, Deserialize)]
struct Ours {
    config: Option<Facts>,
    steps: Option<Vec<Facts>>,
    expect: Option<Facts>,
}

impl Case {
    /// The cases in the file at `path`, each as this crate is to be held to it.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<Self>> {
        let shown = path.display();
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
        let document: Document = serde_saphyr::from_str(&text)
            .map_err(|error| anyhow::anyhow!("{shown} is no file of cases: {error}"))?;
        ensure!(!document.cases.is_empty(), "{shown} has no case");
        document.cases.into_iter().map(Self::for_us).collect()
    }

    fn for_us(mut self) -> anyhow::Result<Self> {
        if self.adopt != Adopt::No {
            return Ok(self);
        }
        let ours = self.ours.take();
        let ours = ours.with_context(|| format!("{}: expected `ours`, as adopt is no", self.id))?;
        if let Some(config) = ours.config {
            self.config = config;
        }
        if let Some(steps) = ours.steps {
            self.steps = steps;
        }
        self.expect = ours.expect.or(self.expect);
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::{Case, Document};

    fn cases(text: &str) -> Vec<Case> {
        let document: Document = serde_saphyr::from_str(text).unwrap();
        document.cases.into_iter().map(|case| case.for_us().unwrap()).collect()
    }

    #[test]
    fn what_ours_leaves_out_is_taken_from_the_case() {
        let text = "cases:\n- id: a\n  pattern: backoff\n  adopt: 'no'\n  config: {kind: fixed}\n  \
                    steps: [{event: delay}]\n  expect: {x: 1}\n  ours: {expect: {x: 2}}\n";
        let case = &cases(text)[0];
        assert_eq!(case.config["kind"], "fixed");
        assert_eq!(case.steps.len(), 1);
        assert_eq!(case.expect.as_ref().unwrap()["x"], 2);
    }
}
