use std::{fmt, str::FromStr};

use http::{Uri, uri::Scheme};

/// Where a signal of traces is sent, below the address of the collector.
const TRACES: &str = "/v1/traces";

/// The address of a collector, as `http://127.0.0.1:4318`; plain HTTP alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(String);

/// Text that is no address of a collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an address such as http://127.0.0.1:4318")]
pub struct BadEndpoint;

impl Endpoint {
    /// Where traces go.
    pub fn traces(&self) -> String {
        format!("{}{TRACES}", self.0)
    }
}

/// An address where one is said; empty text is as good as none, as OpenTelemetry has it.
pub(super) fn unless_empty(text: &str) -> Result<Option<Endpoint>, BadEndpoint> {
    if text.is_empty() { Ok(None) } else { text.parse().map(Some) }
}

impl FromStr for Endpoint {
    type Err = BadEndpoint;

    fn from_str(text: &str) -> Result<Self, BadEndpoint> {
        let uri: Uri = text.parse().map_err(|_| BadEndpoint)?;
        // A fragment is gone from what was parsed, and what is sent to is the text.
        let plain = uri.scheme() == Some(&Scheme::HTTP)
            && !text.contains('#')
            && uri.query().is_none()
            && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
        if plain { Ok(Self(text.trim_end_matches('/').to_owned())) } else { Err(BadEndpoint) }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{BadEndpoint, Endpoint};

    #[test]
    fn traces_go_below_the_address() {
        for (text, traces) in [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
            ("http://collector/otlp/", "http://collector/otlp/v1/traces"),
        ] {
            assert_eq!(text.parse::<Endpoint>().unwrap().traces(), traces);
        }
    }

    #[test]
    fn only_plain_http_without_user_query_and_fragment_is_taken() {
        for wrong in [
            "https://collector",
            "collector:4318",
            "http://a:b@collector",
            "http://collector?a",
            "http://collector#a",
            "http://collector/otlp#",
            "/",
            "",
        ] {
            assert_eq!(wrong.parse::<Endpoint>(), Err(BadEndpoint), "{wrong:?}");
        }
    }
}
