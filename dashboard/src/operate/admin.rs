//! One service's port for operators, asked.

use std::time::Duration;

use anyhow::Context as _;
use http::{StatusCode, header::AUTHORIZATION};
use reqwest::{RequestBuilder, Response, Url};
use resilience::wire::{Command, Done, FlagsState, InstancesState, KeysState};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::time::timeout;

use super::access::{Bearer, COMMAND_HEADER};
use crate::{collect::Target, model::Refusal};

/// How long a question may take. Shorter than a second, so that a page that is told each second
/// hears of a service that hangs before it takes its own data for old.
const QUESTION: Duration = Duration::from_millis(800);

/// How long a command may take: whoever gave it waits for its outcome.
const COMMAND: Duration = Duration::from_secs(3);

/// The longest answer that is read, in bytes.
const LONGEST: usize = 1024 * 1024;

/// The keys of a policy that are shown at once.
const KEYS: usize = 20;

/// The policies of a service that are shown; further ones are counted.
pub(crate) const MOST_SHOWN: usize = 100;

/// One service's port for operators, asked in the name of whoever shows the token.
#[derive(Clone, Debug)]
pub(super) struct Admin {
    pub(super) http: reqwest::Client,
    pub(super) target: Target,
    pub(super) bearer: Bearer,
}

/// Asks nobody but whom it is told to: a token goes to the service that it is for, and not where that
/// would send it.
pub(crate) fn client() -> anyhow::Result<reqwest::Client> {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .build()
        .context("cannot set up an HTTP client for operators")
}

/// What a problem document says.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    reason: String,
    detail: String,
}

impl Admin {
    /// The first of the policies, of one kind or of all.
    pub(super) async fn policies(&self, kind: Option<&str>) -> Result<InstancesState, Refusal> {
        let kind = kind.map(|kind| format!("&kind={kind}")).unwrap_or_default();
        let path = format!("{}/policies?limit={MOST_SHOWN}{kind}", self.target.url);
        self.ask(self.http.get(path), QUESTION).await
    }

    /// The flags for faults; `None`: the service takes none.
    pub(super) async fn flags(&self) -> Result<Option<FlagsState>, Refusal> {
        let said = self.said_of_flags().await?;
        said.map(serde_json::from_value).transpose().map_err(|_| Refusal::Strange)
    }

    /// The same as the service said it: what this version of the shapes does not know is there, too.
    pub(super) async fn said_of_flags(&self) -> Result<Option<Value>, Refusal> {
        let path = format!("{}/flags", self.target.url);
        match self.ask(self.http.get(path), QUESTION).await {
            Err(Refusal::Said { status: 404, reason, .. }) if reason == "route_not_found" => {
                Ok(None)
            }
            answer => answer.map(Some),
        }
    }

    /// Sets a flag over what any source says of it. The name must be one that a flag can have.
    pub(super) async fn set_flag(&self, name: &str, flag: &Value) -> Result<FlagsState, Refusal> {
        let path = format!("{}/flags/{name}", self.target.url);
        let request = self.http.put(path).header(COMMAND_HEADER, "1").json(flag);
        self.ask(request, COMMAND).await
    }

    /// Takes back what an operator has set for a flag.
    pub(super) async fn clear_flag(&self, name: &str) -> Result<FlagsState, Refusal> {
        let path = format!("{}/flags/{name}", self.target.url);
        self.ask(self.http.delete(path).header(COMMAND_HEADER, "1"), COMMAND).await
    }

    /// Has a policy do what it is told.
    pub(super) async fn command(&self, policy: u64, command: &Command) -> Result<Done, Refusal> {
        let path = format!("{}/policies/{policy}", self.target.url);
        let request = self.http.post(path).header(COMMAND_HEADER, "1").json(command);
        self.ask(request, COMMAND).await
    }

    /// The keys of a policy after `after`; empty: the first.
    pub(super) async fn keys(&self, policy: u64, after: &str) -> Result<KeysState, Refusal> {
        let path = format!("{}/policies/{policy}/keys", self.target.url);
        let mut request = self.http.get(path).query(&[("limit", KEYS)]);
        if !after.is_empty() {
            request = request.query(&[("after", after)]);
        }
        self.ask(request, QUESTION).await
    }

    /// Has the breaker of one key do what it is told.
    pub(super) async fn command_key(
        &self,
        policy: u64,
        key: &str,
        command: &Command,
    ) -> Result<(), Refusal> {
        let path = format!("{}/policies/{policy}/keys/", self.target.url);
        let mut url: Url = path.parse().map_err(|_| Refusal::Strange)?;
        // A key may have any character.
        url.path_segments_mut().map_err(|()| Refusal::Strange)?.pop_if_empty().push(key);
        let request = self.http.post(url).header(COMMAND_HEADER, "1").json(command);
        let told = async {
            let answer = self.send(request).await?;
            match answer.status() {
                StatusCode::NO_CONTENT => Ok(()),
                status => Err(problem(status, &body(answer).await?)),
            }
        };
        timeout(COMMAND, told).await.unwrap_or(Err(Refusal::Slow(COMMAND)))
    }

    /// The changes of all policies, those that are kept and those to come.
    pub(super) async fn events(&self) -> Result<Response, Refusal> {
        let path = format!("{}/events", self.target.url);
        let asked = async {
            let answer = self.send(self.http.get(path)).await?;
            if answer.status() == StatusCode::OK {
                return Ok(answer);
            }
            let status = answer.status();
            Err(problem(status, &body(answer).await?))
        };
        timeout(QUESTION, asked).await.unwrap_or(Err(Refusal::Slow(QUESTION)))
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        limit: Duration,
    ) -> Result<T, Refusal> {
        let asked = async {
            let answer = self.send(request).await?;
            let status = answer.status();
            let body = body(answer).await?;
            if status != StatusCode::OK {
                return Err(problem(status, &body));
            }
            serde_json::from_slice(&body).map_err(|_| Refusal::Strange)
        };
        timeout(limit, asked).await.unwrap_or(Err(Refusal::Slow(limit)))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Refusal> {
        let request = request.header(AUTHORIZATION, self.bearer.0.clone());
        request.send().await.map_err(|error| broken(&error))
    }
}

fn broken(error: &reqwest::Error) -> Refusal {
    if error.is_connect() { Refusal::Away } else { Refusal::Broken }
}

async fn body(mut answer: Response) -> Result<Vec<u8>, Refusal> {
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(|error| broken(&error))? {
        body.extend_from_slice(&part);
        if body.len() > LONGEST {
            return Err(Refusal::Strange);
        }
    }
    Ok(body)
}

fn problem(status: StatusCode, body: &[u8]) -> Refusal {
    match serde_json::from_slice::<Problem>(body) {
        Ok(Problem { reason, detail })
            if !reason.is_empty() && (status.is_client_error() || status.is_server_error()) =>
        {
            Refusal::Said { status: status.as_u16(), reason, detail }
        }
        // Such as another program at that address.
        _ => Refusal::Strange,
    }
}
