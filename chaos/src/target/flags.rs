use std::fmt;

use anyhow::{Context, ensure};
use reqwest::Method;
use resilience::wire::{
    FaultState, Flag, FlagState, FlagStatus, FlagsState, InstancesState, PolicyState,
};
use serde::de::DeserializeOwned;

/// The header that a command needs.
const COMMAND: &str = "x-resilience-command";

/// The fault switches of a service, on the largest page that there is: it has a few.
const SWITCHES: &str = "/policies?kind=fault&limit=1000";

/// One feature flag of a service, on the port on which it answers operators.
#[derive(Clone)]
pub struct FaultFlag {
    http: reqwest::Client,
    service: String,
    token: String,
    name: String,
}

impl fmt::Debug for FaultFlag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The token is a secret.
        let mut shown = f.debug_struct("FaultFlag");
        shown.field("service", &self.service).field("name", &self.name).finish_non_exhaustive()
    }
}

impl FaultFlag {
    /// The flag `name` of the service that answers operators at `service`, a URL without a path,
    /// asked with `token`.
    #[must_use]
    pub const fn new(http: reqwest::Client, service: String, token: String, name: String) -> Self {
        Self { http, service, token, name }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names of all flags of the service that arm a fault.
    ///
    /// # Errors
    ///
    /// When the service does not answer, or not with success.
    pub async fn armed(&self) -> anyhow::Result<Vec<String>> {
        let all: FlagsState = self.call(Method::GET, "/flags", None).await?;
        let armed = all.flags.into_iter().filter(|flag| flag.status == FlagStatus::Armed);
        Ok(armed.map(|flag| flag.name).collect())
    }

    /// The fault switches of the service, which are armed by flags and by commands.
    ///
    /// # Errors
    ///
    /// When the service does not answer, or not with success.
    pub async fn switches(&self) -> anyhow::Result<Vec<FaultState>> {
        let page: InstancesState = self.call(Method::GET, SWITCHES, None).await?;
        let switches = page.policies.into_iter().filter_map(|policy| match policy.state {
            PolicyState::Fault(switch) => Some(switch),
            _ => None,
        });
        Ok(switches.collect())
    }

    /// Tells how it stands; `None`: nobody has set it.
    ///
    /// # Errors
    ///
    /// When the service does not answer, or not with success.
    pub async fn state(&self) -> anyhow::Result<Option<FlagState>> {
        Ok(self.own(self.call(Method::GET, "/flags", None).await?))
    }

    /// Sets it and tells how it stands then.
    ///
    /// # Errors
    ///
    /// When the service does not answer, or not with success.
    pub async fn set(&self, flag: &Flag) -> anyhow::Result<Option<FlagState>> {
        Ok(self.own(self.call(Method::PUT, &format!("/flags/{}", self.name), Some(flag)).await?))
    }

    /// Takes it back.
    ///
    /// # Errors
    ///
    /// When the service does not answer, or not with success.
    pub async fn clear(&self) -> anyhow::Result<()> {
        let path = format!("/flags/{}", self.name);
        self.call::<FlagsState>(Method::DELETE, &path, None).await.map(drop)
    }

    fn own(&self, all: FlagsState) -> Option<FlagState> {
        all.flags.into_iter().find(|flag| flag.name == self.name)
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        flag: Option<&Flag>,
    ) -> anyhow::Result<T> {
        let url = format!("{}{path}", self.service);
        let shown = || format!("{method} {url}");
        let request = self.http.request(method.clone(), &url).bearer_auth(&self.token);
        let mut request = request.header(COMMAND, "1");
        if let Some(flag) = flag {
            request = request.json(flag);
        }
        let answer = request.send().await.with_context(shown)?;
        let status = answer.status();
        let text = answer.text().await.with_context(shown)?;
        ensure!(status.is_success(), "{} answered {status}: {}", shown(), text.trim());
        serde_json::from_str(&text).with_context(|| format!("{} answered `{text}`", shown()))
    }
}
