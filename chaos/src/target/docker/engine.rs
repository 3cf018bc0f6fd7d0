use std::env::var;
use std::time::Duration;

use anyhow::{Context, anyhow};
use bollard::Docker;
use bollard::errors::Error;
use tokio::time::timeout;

/// A Docker engine that answers.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(super) docker: Docker,
    address: String,
}

/// What an engine says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineVersion {
    /// Its version.
    pub version: String,
    /// The newest version of the interface that it speaks.
    pub api: String,
}

/// How long an engine may take to say which version it speaks: one that hangs would hold up every
/// command.
const ANSWER: Duration = Duration::from_secs(5);
/// Where an engine listens when nothing else is said.
const DEFAULT: &str = "unix:///var/run/docker.sock";

impl Engine {
    /// Connects to the engine that `DOCKER_HOST` names, or to the socket of this machine.
    ///
    /// # Errors
    ///
    /// When it does not answer; the text says what to do.
    pub async fn connect() -> anyhow::Result<Self> {
        let named = var("DOCKER_HOST").ok().filter(|host| !host.is_empty());
        Self::connect_to(&named.unwrap_or_else(|| DEFAULT.to_owned())).await
    }

    /// Connects to the engine at `address`, written as in `DOCKER_HOST`.
    ///
    /// # Errors
    ///
    /// When it does not answer; the text says what to do.
    pub async fn connect_to(address: &str) -> anyhow::Result<Self> {
        let shown = || {
            format!(
                "cannot reach the Docker engine at {address}; start it, see that this user may \
                 use it, or set DOCKER_HOST to a unix:// or tcp:// address"
            )
        };
        let docker = Docker::connect_with_host(address).map_err(told).with_context(shown)?;
        // The client is built for a newer version than most engines speak, and they refuse that.
        let docker = match timeout(ANSWER, docker.negotiate_version()).await {
            Ok(docker) => docker.map_err(told).with_context(shown)?,
            Err(_) => return Err(anyhow!("no answer within {ANSWER:?}")).with_context(shown),
        };
        Ok(Self { docker, address: address.to_owned() })
    }

    /// What the engine says of itself.
    ///
    /// # Errors
    ///
    /// When it does not answer.
    pub async fn version(&self) -> anyhow::Result<EngineVersion> {
        let told = self.docker.version().await.map_err(told).context("no version was told")?;
        let or_unknown = |text: Option<String>| text.unwrap_or_else(|| "unknown".to_owned());
        Ok(EngineVersion { version: or_unknown(told.version), api: or_unknown(told.api_version) })
    }

    /// The address, as it can be given to [`connect_to`](Self::connect_to).
    pub fn address(&self) -> &str {
        &self.address
    }
}

/// The engine's own words where it has answered, and what stopped the call where it has not.
pub(super) fn told(error: Error) -> anyhow::Error {
    match error {
        Error::DockerResponseServerError { status_code, message } => {
            anyhow!("the engine answered {status_code}: {}", message.trim())
        }
        Error::SocketNotFoundError(path) => anyhow!("there is no socket at {path}"),
        other => anyhow::Error::new(other),
    }
}

/// Whether the engine says that it has no such thing.
pub(super) const fn is_missing(error: &Error) -> bool {
    matches!(error, Error::DockerResponseServerError { status_code: 404, .. })
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_engine_that_takes_the_connection_and_says_nothing_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("tcp://{}", listener.local_addr().unwrap());
        let error = format!("{:#}", Engine::connect_to(&address).await.unwrap_err());
        assert!(error.contains(&address) && error.ends_with("no answer within 5s"), "{error}");
    }

    #[tokio::test]
    async fn an_engine_that_is_not_there_is_named_with_what_to_do() {
        let directory = tempfile::tempdir().unwrap();
        let address = format!("unix://{}/docker.sock", directory.path().display());
        let error = Engine::connect_to(&address).await.unwrap_err();
        let text = format!("{error:#}");
        assert!(text.contains(&address) && text.contains("set DOCKER_HOST"), "{text}");
        assert!(text.contains("there is no socket at"), "{text}");
        assert!(Engine::connect_to("ftp://somewhere").await.is_err());
    }
}
