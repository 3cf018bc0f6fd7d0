//! What a service says of itself, for a dashboard or a person to look at.

use std::{sync::Arc, time::Duration};

use axum::extract::State;
use resilience::{
    fault::FaultSwitch,
    wire::{FaultStatus, PolicyState},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::outbound::Client;

/// What a service says of itself: the answer of `GET /state`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServiceState {
    /// The service's name.
    pub service: String,
    /// How it differs from others of that name, such as `guarded`.
    pub variant: Option<String>,
    /// The id of the process. In a container it is the same after a restart.
    pub pid: u32,
    /// Drawn at the start of the process: another one after a restart.
    pub run: Uuid,
    /// How long it has been serving.
    #[serde(with = "humantime_serde")]
    pub up_for: Duration,
    /// The limits of its policies, one field each; null without policies.
    #[serde(default)]
    pub limits: Value,
    /// The policies through which it calls others.
    #[serde(default)]
    pub policies: Vec<PolicyState>,
    /// The fault that is armed in it; `None`: it takes none.
    #[serde(default)]
    pub fault: Option<FaultStatus>,
}

/// Where the state of a service is read from.
///
/// # Sharing
///
/// It shares the client and the switch that it was given, and keeps them alive.
#[derive(Clone, Debug)]
pub struct Source {
    service: &'static str,
    variant: Option<&'static str>,
    client: Option<Client>,
    switch: Option<FaultSwitch>,
    since: Instant,
    run: Uuid,
}

impl Source {
    /// The state of `service`, which has been serving from this moment on.
    pub fn new(service: &'static str) -> Self {
        let (since, run) = (Instant::now(), Uuid::new_v4());
        Self { service, variant: None, client: None, switch: None, since, run }
    }

    /// Tells this service from others of its name.
    #[must_use]
    pub const fn variant(mut self, variant: &'static str) -> Self {
        self.variant = Some(variant);
        self
    }

    /// Shows the policies of `client`.
    #[must_use]
    pub fn client(mut self, client: Client) -> Self {
        self.client = Some(client);
        self
    }

    /// Shows what `switch` arms.
    #[must_use]
    pub fn faults(mut self, switch: FaultSwitch) -> Self {
        self.switch = Some(switch);
        self
    }

    pub(crate) const fn service(&self) -> &'static str {
        self.service
    }

    fn read(&self) -> ServiceState {
        let client = self.client.as_ref();
        let limits = client.and_then(Client::limits).map(serde_json::to_value);
        ServiceState {
            service: self.service.to_owned(),
            variant: self.variant.map(str::to_owned),
            pid: std::process::id(),
            run: self.run,
            up_for: whole_millis(self.since.elapsed()),
            limits: limits.and_then(Result::ok).unwrap_or_default(),
            policies: client.map(Client::policies).unwrap_or_default(),
            fault: self.switch.as_ref().map(|switch| FaultStatus::from(&switch.status())),
        }
    }
}

/// A time as a person wants to read it.
fn whole_millis(time: Duration) -> Duration {
    Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

/// The route `/state`.
pub(crate) fn routes(source: Source) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(state)).with_state(Arc::new(source))
}

/// What the service says of itself
///
/// Its policies with their state, and the fault that is armed in it.
#[utoipa::path(get, path = "/state", tag = "health", responses(
    (status = 200, description = "The state at this moment", body = Object),
))]
async fn state(State(source): State<Arc<Source>>) -> axum::Json<ServiceState> {
    axum::Json(source.read())
}
