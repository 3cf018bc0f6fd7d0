use std::fmt;

use anyhow::{Context, ensure};
use reqwest::Method;
use resilience::wire::{ArmFault, FaultStatus};

/// The environment variable in which a service is given the token of its admin routes.
pub(super) const TOKEN_VARIABLE: &str = "ADMIN_TOKEN";

/// The admin route of a service, on which faults are armed.
#[derive(Clone)]
pub struct Admin {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The token is a secret.
        f.debug_struct("Admin").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Admin {
    /// Asks the service at `service`, a URL without a path, with `token`.
    #[must_use]
    pub fn new(http: reqwest::Client, service: &str, token: String) -> Self {
        Self { http, url: format!("{service}/admin/fault"), token }
    }

    /// Tells what is armed.
    ///
    /// # Errors
    ///
    /// When the service does not answer, or not with success.
    pub async fn status(&self) -> anyhow::Result<FaultStatus> {
        self.call(Method::GET, None).await
    }

    /// Arms `fault` and tells what is armed then.
    ///
    /// # Errors
    ///
    /// When the service does not answer, or not with success.
    pub async fn arm(&self, fault: &ArmFault) -> anyhow::Result<FaultStatus> {
        self.call(Method::PUT, Some(fault)).await
    }

    /// Disarms whatever is armed.
    ///
    /// # Errors
    ///
    /// When the service does not answer, or not with success.
    pub async fn disarm(&self) -> anyhow::Result<()> {
        self.call(Method::DELETE, None).await.map(|_| ())
    }

    /// Calls the route; a DELETE may answer without a body.
    async fn call(&self, method: Method, body: Option<&ArmFault>) -> anyhow::Result<FaultStatus> {
        let shown = || format!("{method} {}", self.url);
        let request = self.http.request(method.clone(), &self.url).bearer_auth(&self.token);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let answer = request.send().await.with_context(shown)?;
        let status = answer.status();
        let text = answer.text().await.with_context(shown)?;
        ensure!(status.is_success(), "{} answered {status}: {}", shown(), text.trim());
        if text.is_empty() {
            return Ok(FaultStatus::default());
        }
        serde_json::from_str(&text).with_context(|| format!("{} answered `{text}`", shown()))
    }
}
