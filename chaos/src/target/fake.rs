//! A site whose processes are shell scripts and whose answers come from this test.

use std::collections::HashMap;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Path as Named, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use resilience::wire::{
    ArmFault, FaultKind, FaultState, FaultStatus, Flag, FlagSourceState, FlagState, FlagStatus,
    FlagsState, InstanceState, InstancesState, PolicyState,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use uuid::Uuid;

use super::{Binaries, DashboardPort, Journal, Ports, Site, SiteOptions};

/// A site with its fake answers. The site is dropped before the directory it lives in.
#[derive(Debug)]
pub(crate) struct FakeSite {
    pub(crate) site: Site,
    user: Arc<User>,
    /// How often the dashboard was asked whether it is ready.
    pub(crate) looks: Arc<AtomicUsize>,
    _directory: TempDir,
}

#[derive(Debug, Default)]
struct User {
    token: Mutex<Option<String>>,
    status: Mutex<Option<FaultStatus>>,
    /// The flag that is set.
    flag: Mutex<Option<(String, Flag)>>,
    lookups: Mutex<u64>,
}

impl FakeSite {
    /// Starts a site: a user service with flags, and order services that say yes.
    pub(crate) async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let user = Arc::new(User::default());
        *user.status.lock().unwrap() = Some(FaultStatus::default());
        let user_address = serve(user_app(Arc::clone(&user))).await;
        let order_address = serve(order_app()).await;
        let looks = Arc::new(AtomicUsize::new(0));
        let dashboard_address = serve(dashboard_app(Arc::clone(&looks))).await;
        let binaries = Binaries {
            user: ready_script(
                directory.path(),
                &json!({ "service": "user", "listening": user_address,
                         "admin": user_address }),
            ),
            order: script(directory.path(), "order", order_address),
            dashboard: Some(script(directory.path(), "dashboard", dashboard_address)),
        };
        let journal = Journal::open(&directory.path().join("state")).unwrap();
        let options = SiteOptions {
            binaries,
            without: Vec::new(),
            order_args: Vec::new(),
            ports: Ports::ANY,
            dashboard_port: DashboardPort::Preferred,
        };
        let site = Site::start(options, journal).await.unwrap();
        *user.token.lock().unwrap() = Some(site.token.clone());
        Self { site, user, looks, _directory: directory }
    }

    /// Looks a user up as an order service would, and gives the status of the answer.
    pub(crate) async fn look_up(&self) -> u16 {
        let url = self.site.user.url("/users/1");
        self.site.http.get(url).send().await.unwrap().status().as_u16()
    }

    /// Kills the dashboard behind the back of the run.
    pub(crate) async fn kill_dashboard(&mut self) {
        let journal = self.site.journal.clone();
        self.site.dashboard.as_mut().unwrap().kill(&journal).await.unwrap();
    }

    /// Arms as a command of somebody else does, without a flag.
    pub(crate) fn arm(&self) {
        let plan = ArmFault::new(FaultKind::Abort {}, 1.0, Duration::from_mins(1));
        *self.user.status.lock().unwrap() =
            Some(FaultStatus { armed: Some(plan), ..FaultStatus::default() });
    }

    /// Arms as the flag `name` of somebody else does.
    pub(crate) fn arm_by_flag(&self, name: &str) {
        self.arm();
        let plan = self.armed().unwrap();
        let flag = Flag { policy: "user".to_owned(), enabled: true, plan };
        *self.user.flag.lock().unwrap() = Some((name.to_owned(), flag));
    }

    /// Takes the flag back behind the back of whoever has set it.
    pub(crate) fn take_back(&self) {
        self.disarm();
        *self.user.flag.lock().unwrap() = None;
    }

    /// Disarms behind the back of whoever armed.
    pub(crate) fn disarm(&self) {
        self.user.status.lock().unwrap().as_mut().unwrap().armed = None;
    }

    /// The fault that is armed.
    pub(crate) fn armed(&self) -> Option<ArmFault> {
        self.user.status.lock().unwrap().clone().unwrap().armed
    }
}

/// Serves `app` at the address that is given.
pub(crate) async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// A program in `directory` that says it is ready at `address` and then sleeps.
pub(crate) fn script(directory: &Path, name: &str, address: SocketAddr) -> PathBuf {
    ready_script(directory, &json!({ "service": name, "listening": address }))
}

fn ready_script(directory: &Path, ready: &Value) -> PathBuf {
    let path = directory.join(ready["service"].as_str().unwrap());
    fs::write(&path, format!("#!/bin/sh\necho '{ready}'\nexec sleep 120\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    path
}

fn user_app(user: Arc<User>) -> Router {
    let made = || async { (StatusCode::CREATED, Json(json!({ "id": Uuid::new_v4() }))) };
    Router::new()
        .route("/users", post(made))
        .route("/users/{id}", get(look_up))
        .route("/metrics", get(metrics))
        .route("/policies", get(list_policies))
        .route("/flags", get(list_flags))
        .route("/flags/{name}", put(set_flag).delete(clear_flag))
        .with_state(user)
}

fn order_app() -> Router {
    let place = || async { (StatusCode::CREATED, Json(json!({ "id": Uuid::new_v4() }))) };
    Router::new().route("/orders", post(place)).route("/metrics", get(|| async { "" }))
}

/// A dashboard, or another service, that is not ready when it is asked for the first time.
pub(crate) fn dashboard_app(looks: Arc<AtomicUsize>) -> Router {
    let ready = move || {
        let first = looks.fetch_add(1, Ordering::Relaxed) == 0;
        async move { if first { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK } }
    };
    Router::new().route("/health/ready", get(ready))
}

impl User {
    fn change(
        &self,
        headers: &HeaderMap,
        change: impl FnOnce(&mut FaultStatus),
    ) -> Result<Json<FaultStatus>, StatusCode> {
        let expected = self.token.lock().unwrap().as_ref().map(|token| format!("Bearer {token}"));
        let given = headers.get("authorization").and_then(|value| value.to_str().ok());
        if expected.as_deref() != given {
            return Err(StatusCode::UNAUTHORIZED);
        }
        let mut status = self.status.lock().unwrap();
        let status = status.as_mut().unwrap();
        change(status);
        Ok(Json(status.clone()))
    }
}

async fn list_policies(
    State(user): State<Arc<User>>,
    Query(chosen): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Result<Json<InstancesState>, StatusCode> {
    assert_eq!(chosen["kind"], "fault");
    let Json(status) = user.change(&headers, |_| {})?;
    let state = PolicyState::Fault(FaultState { policy: "user".to_owned(), status });
    let policies = vec![InstanceState { id: 1, state }];
    Ok(Json(InstancesState { total: policies.len(), policies, next: None }))
}

type Flags = Result<Json<FlagsState>, StatusCode>;

async fn list_flags(State(user): State<Arc<User>>, headers: HeaderMap) -> Flags {
    let Json(status) = user.change(&headers, |_| {})?;
    let state = |(name, flag): (String, Flag)| FlagState {
        name,
        source: "admin".to_owned(),
        status: if status.armed.is_some() { FlagStatus::Armed } else { FlagStatus::Ended },
        time_left: flag.plan.expires_in,
        injected: status.injected,
        flag,
    };
    let flags = user.flag.lock().unwrap().clone().map(state).into_iter().collect();
    let sources = vec![FlagSourceState { source: "admin".to_owned(), mistake: None }];
    Ok(Json(FlagsState { flags, sources }))
}

async fn set_flag(
    State(user): State<Arc<User>>,
    Named(name): Named<String>,
    headers: HeaderMap,
    Json(flag): Json<Flag>,
) -> Flags {
    assert!(headers.contains_key("x-resilience-command") && flag.enabled && flag.policy == "user");
    let _armed = user.change(&headers, |status| {
        *status = FaultStatus { armed: Some(flag.plan.clone()), ..FaultStatus::default() };
    })?;
    *user.flag.lock().unwrap() = Some((name, flag));
    list_flags(State(user), headers).await
}

async fn clear_flag(
    State(user): State<Arc<User>>,
    Named(name): Named<String>,
    headers: HeaderMap,
) -> Flags {
    let _idle = user.change(&headers, |status| status.armed = None)?;
    let was = user.flag.lock().unwrap().take();
    assert_eq!(was.map(|(name, _)| name), Some(name));
    list_flags(State(user), headers).await
}

async fn look_up(State(user): State<Arc<User>>) -> (StatusCode, Json<Value>) {
    *user.lookups.lock().unwrap() += 1;
    let mut status = user.status.lock().unwrap();
    let status = status.as_mut().unwrap();
    let Some(armed) = &status.armed else { return (StatusCode::OK, Json(json!({}))) };
    status.injected += 1;
    status.injected_by_plan += 1;
    let answer = match armed.fault {
        FaultKind::Error { status } => StatusCode::from_u16(status).unwrap(),
        _ => StatusCode::GATEWAY_TIMEOUT,
    };
    (answer, Json(json!({})))
}

async fn metrics(State(user): State<Arc<User>>) -> String {
    format!("user_lookups_total{{caller=\"other\"}} {}\n", user.lookups.lock().unwrap())
}
