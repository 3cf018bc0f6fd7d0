//! A Docker engine with one container, whose service answers that it is ready.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::extract::{Request, State as Shared};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use resilience::wire::{ArmFault, FaultKind, Flag, FlagState, FlagStatus, FlagsState};
use serde_json::json;
use tokio::net::TcpListener;

use super::{Container, ContainerRef, Engine, Project};

/// The engine, by its address, with what was asked of it.
#[derive(Clone, Debug)]
pub(crate) struct FakeEngine {
    address: SocketAddr,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    exists: bool,
    running: bool,
    refuses_starts: bool,
    /// The number of the last start.
    start: u32,
    environment: Vec<String>,
    calls: Vec<&'static str>,
}

/// Where its container answers operators.
const OPERATORS: &str = "0.0.0.0:9900";

impl FakeEngine {
    /// The flag that is set in its container.
    pub(crate) const FLAG: &'static str = "chaos-run-1";

    /// Gives the container `variable`, a name and a value, in place of all but the address.
    pub(crate) fn set(&self, variable: &str) {
        self.inner.lock().unwrap().environment =
            vec![format!("ADMIN_LISTEN={OPERATORS}"), variable.to_owned()];
    }

    /// An engine whose container runs since its start number 1.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let inner = Inner {
            exists: true,
            running: true,
            refuses_starts: false,
            start: 1,
            environment: vec![format!("ADMIN_LISTEN={OPERATORS}"), "ADMIN_TOKEN=secret".to_owned()],
            calls: Vec::new(),
        };
        let engine = Self { address, inner: Arc::new(Mutex::new(inner)) };
        let app = Router::new().fallback(answer).with_state(engine.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        engine
    }

    /// Its container, as a journal names it.
    pub(crate) fn which(&self) -> ContainerRef {
        ContainerRef {
            engine: format!("tcp://{}", self.address),
            project: "shop".to_owned(),
            service: "user".to_owned(),
            id: "c1".to_owned(),
        }
    }

    /// Its container.
    pub(crate) async fn container(&self) -> Container {
        Container::find(self.which()).await.unwrap()
    }

    /// The project of its container.
    pub(crate) async fn project(&self) -> Project {
        let which = self.which();
        Project::at(Engine::connect_to(&which.engine).await.unwrap(), which.project)
    }

    /// When start `number` was, in this engine's words.
    pub(crate) fn started(number: u32) -> String {
        format!("start {number}")
    }

    /// Takes the container down behind the back of the run.
    pub(crate) fn take_down(&self) {
        self.inner.lock().unwrap().running = false;
    }

    /// Takes it down and starts it again behind the back of the run.
    pub(crate) fn start_anew(&self) {
        let mut inner = self.inner.lock().unwrap();
        inner.start += 1;
        inner.running = true;
    }

    /// Answers every start from now on with an error.
    pub(crate) fn refuse_starts(&self) {
        self.inner.lock().unwrap().refuses_starts = true;
    }

    /// Removes it behind the back of the run.
    pub(crate) fn remove(&self) {
        self.inner.lock().unwrap().exists = false;
    }

    /// What has changed something, in order.
    pub(crate) fn calls(&self) -> Vec<&'static str> {
        self.inner.lock().unwrap().calls.clone()
    }

    fn answer(&self, request: &Request) -> Response {
        let mut inner = self.inner.lock().unwrap();
        let path = request.uri().path();
        let action = path.rsplit('/').next().unwrap_or_default();
        let deed = match (request.method(), action) {
            (&Method::GET, "version") => {
                return Json(json!({ "ApiVersion": "1.41" })).into_response();
            }
            (&Method::GET, "ready") if inner.running => return StatusCode::OK.into_response(),
            (&Method::GET, "flags") => return Json(flags()).into_response(),
            (&Method::GET, "archive") => return archived(request),
            (&Method::DELETE, Self::FLAG) => "disarm",
            (&Method::POST, "kill") => "kill",
            (&Method::POST, "stop") => "stop",
            (&Method::POST, "start") => "start",
            (&Method::GET, "json") if path.ends_with("/containers/json") => {
                return Json(listed(&inner)).into_response();
            }
            (&Method::GET, "json") if inner.exists => {
                return Json(inspected(&inner, self.address)).into_response();
            }
            _ => {
                let missing = Json(json!({ "message": "no such container" }));
                return (StatusCode::NOT_FOUND, missing).into_response();
            }
        };
        assert!(path.starts_with("/flags/") || path.contains("/containers/c1/"), "{path}");
        inner.calls.push(deed);
        match deed {
            "disarm" => {
                return Json(FlagsState::default()).into_response();
            }
            "start" if inner.refuses_starts => {
                let refused = Json(json!({ "message": "no start" }));
                return (StatusCode::INTERNAL_SERVER_ERROR, refused).into_response();
            }
            "start" if !inner.running => {
                inner.running = true;
                inner.start += 1;
            }
            "start" => return StatusCode::NOT_MODIFIED.into_response(),
            _ => inner.running = false,
        }
        StatusCode::NO_CONTENT.into_response()
    }
}

fn flags() -> FlagsState {
    let plan =
        ArmFault::new(FaultKind::Error { status: 503 }, 1.0, std::time::Duration::from_secs(1));
    let flag = Flag { policy: "user".to_owned(), enabled: true, plan };
    let state = FlagState {
        name: FakeEngine::FLAG.to_owned(),
        source: "admin".to_owned(),
        status: FlagStatus::Armed,
        time_left: flag.plan.expires_in,
        injected: 0,
        flag,
    };
    FlagsState { flags: vec![state], sources: Vec::new() }
}

/// The one file that its container has.
fn archived(request: &Request) -> Response {
    if request.uri().query() != Some("path=%2Foperator%2Ftoken") {
        let missing = Json(json!({ "message": "no such file" }));
        return (StatusCode::NOT_FOUND, missing).into_response();
    }
    let text = b"secret-in-a-file\n";
    let mut header = tar::Header::new_gnu();
    header.set_size(text.len() as u64);
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_data(&mut header, "token", &text[..]).unwrap();
    builder.into_inner().unwrap().into_response()
}

fn listed(inner: &Inner) -> serde_json::Value {
    let labels =
        json!({ "com.docker.compose.project": "shop", "com.docker.compose.service": "user" });
    let state = if inner.running { "running" } else { "exited" };
    let container = json!({ "Id": "c1", "Labels": labels, "State": state });
    if inner.exists { json!([container]) } else { json!([]) }
}

fn inspected(inner: &Inner, address: SocketAddr) -> serde_json::Value {
    let binding = json!([{ "HostIp": "127.0.0.1", "HostPort": address.port().to_string() }]);
    let ports = json!({ "5001/tcp": &binding, "9900/tcp": &binding });
    let ports = if inner.running { ports } else { json!({}) };
    json!({
        "Id": "c1",
        "State": {
            "Running": inner.running,
            "StartedAt": FakeEngine::started(inner.start),
            "ExitCode": 137,
        },
        "Config": { "Env": &inner.environment },
        "NetworkSettings": { "Ports": ports },
    })
}

async fn answer(Shared(engine): Shared<FakeEngine>, request: Request) -> Response {
    engine.answer(&request)
}
