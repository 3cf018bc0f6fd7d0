use std::net::SocketAddr;

use serde::Deserialize;

use crate::measure::Limits;

/// The line by which a service says that it serves.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Ready {
    /// The service's name.
    pub service: String,
    /// Where it listens.
    pub listening: SocketAddr,
    /// Where it answers operators, if it does.
    #[serde(default)]
    pub admin: Option<SocketAddr>,
    /// The limits in force, where the service has any.
    #[serde(default)]
    pub limits: Option<Limits>,
}

impl Ready {
    /// Reads the line.
    ///
    /// # Errors
    ///
    /// When it is not a ready line.
    pub fn parse(line: &str) -> anyhow::Result<Self> {
        serde_json::from_str(line.trim()).map_err(|error| {
            anyhow::anyhow!("expected its ready line as JSON, got `{}`: {error}", line.trim())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_and_the_limits_are_read_and_other_fields_are_skipped() {
        let line = r#"{"service":"order","listening":"127.0.0.1:40123","pid":1,"admin":"127.0.0.1:9","stack":"guarded","limits":{"attempts":3}}"#;
        let ready = Ready::parse(line).unwrap();
        assert_eq!(ready.listening.port(), 40123);
        assert_eq!(ready.admin.map(|admin| admin.port()), Some(9));
        assert_eq!(ready.limits.unwrap().to_string(), "attempts 3");
        let ready = Ready::parse(r#"{"service":"user","listening":"127.0.0.1:1"}"#).unwrap();
        assert_eq!((ready.limits, ready.admin), (None, None));
    }

    #[test]
    fn another_line_is_named_in_the_error() {
        assert!(Ready::parse("hello").unwrap_err().to_string().contains("`hello`"));
    }
}
