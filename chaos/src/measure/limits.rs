use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The limits that a service says it applies: from its ready line, passed on unread.
///
/// Kept as the JSON that came, because a service may add a limit without this tool
/// having to know it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Limits(Map<String, Value>);

impl Limits {
    /// The limit called `name`, if it is a time that is in force.
    pub fn time(&self, name: &str) -> Option<Duration> {
        humantime_serde::deserialize(self.0.get(name)?).ok()
    }

    /// The limit called `name` as text; `None` when it is off or absent.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }
}

impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let in_force = self.0.keys().filter_map(|name| Some((name, self.text(name)?)));
        let mut empty = true;
        for (name, value) in in_force {
            let comma = if empty { "" } else { ", " };
            write!(f, "{comma}{} {value}", name.replace('_', " "))?;
            empty = false;
        }
        if empty { f.write_str("none") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_that_is_off_is_left_out() {
        let limits: Limits =
            serde_json::from_str(r#"{"attempts":3,"deadline":null,"attempt_timeout":"250ms"}"#)
                .unwrap();
        assert_eq!(limits.to_string(), "attempt timeout 250ms, attempts 3");
        assert_eq!(limits.time("attempt_timeout"), Some(Duration::from_millis(250)));
        assert_eq!(limits.time("deadline"), None);
        assert_eq!(Limits::default().to_string(), "none");
    }
}
