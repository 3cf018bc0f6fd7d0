use anyhow::{Context, anyhow};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Fault, HttpFault, Kill};
use crate::experiment::FaultSpec;

/// A kind of fault.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The name by which a spec asks for it.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    parse: fn(Value) -> anyhow::Result<Box<dyn Fault>>,
}

/// Every kind of fault.
pub const KINDS: [Kind; 2] = [
    Kind {
        name: "http",
        about: "delays, refuses or cuts a share of the calls inside the user service",
        parse: parse::<HttpFault>,
    },
    Kind {
        name: "kill",
        about: "kills the user service and restarts it after a while",
        parse: parse::<Kill>,
    },
];

fn parse<F: Fault + DeserializeOwned + 'static>(settings: Value) -> anyhow::Result<Box<dyn Fault>> {
    Ok(Box::new(serde_json::from_value::<F>(settings)?))
}

/// Makes a fault from its spec.
///
/// # Errors
///
/// When the kind is not listed or its settings are wrong.
pub fn resolve(spec: &FaultSpec) -> anyhow::Result<Box<dyn Fault>> {
    let kind = KINDS.iter().find(|kind| kind.name == spec.kind).ok_or_else(|| {
        let known: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
        anyhow!("unknown fault `{}`, expected one of: {}", spec.kind, known.join(", "))
    })?;
    let fault = (kind.parse)(spec.settings.clone())
        .with_context(|| format!("the settings of the fault `{}`", spec.kind))?;
    fault.check().with_context(|| format!("the settings of the fault `{}`", spec.kind))?;
    Ok(fault)
}
