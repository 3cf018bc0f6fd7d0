//! A Docker engine with one container, in which a service runs that answers operators.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde_json::json;

use super::fake::serve;
use super::{Container, ContainerRef, Engine, Project, fake_service};

/// The engine, by its address, with what was asked of it.
#[derive(Clone, Debug)]
pub(crate) struct FakeEngine {
    address: SocketAddr,
    inner: Arc<Mutex<Inner>>,
}

/// The container and its service.
#[derive(Debug)]
pub(super) struct Inner {
    exists: bool,
    pub(super) running: bool,
    refuses_starts: bool,
    /// The flag that is set in the service.
    pub(super) flag: Option<&'static str>,
    /// The token that the service expects; `None`: the one that it was given.
    expected: Option<&'static str>,
    /// Where the service is published.
    public: Option<SocketAddr>,
    /// Where its port for operators is published.
    operators: Option<SocketAddr>,
    /// The number of the last start.
    start: u32,
    environment: Vec<String>,
    pub(super) calls: Vec<&'static str>,
}

/// Where its container answers operators.
const OPERATORS: &str = "0.0.0.0:9900";

impl Inner {
    /// The token that its service expects of operators.
    pub(super) fn token(&self) -> &str {
        let given = |name| self.environment.iter().find_map(|each| each.strip_prefix(name));
        match (self.expected, given("ADMIN_TOKEN_FILE=")) {
            (Some(expected), _) => expected,
            (None, Some(_)) => TOKEN_IN_FILE,
            (None, None) => given("ADMIN_TOKEN=").unwrap_or_default(),
        }
    }
}

/// The token in the one file that its container has.
const TOKEN_IN_FILE: &str = "secret-in-a-file";

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
        let inner = Inner {
            exists: true,
            running: true,
            refuses_starts: false,
            flag: Some(Self::FLAG),
            expected: None,
            public: None,
            operators: None,
            start: 1,
            environment: vec![format!("ADMIN_LISTEN={OPERATORS}"), "ADMIN_TOKEN=secret".to_owned()],
            calls: Vec::new(),
        };
        let inner = Arc::new(Mutex::new(inner));
        let shared = Arc::clone(&inner);
        let app = async move |request: Request| answer(&mut shared.lock().unwrap(), &request);
        let address = serve(Router::new().fallback(app)).await;
        let engine = Self { address, inner };
        let public = serve(fake_service::public(engine.clone())).await;
        let operators = serve(fake_service::operators(engine.clone())).await;
        engine.with(|inner| (inner.public, inner.operators) = (Some(public), Some(operators)));
        engine
    }

    /// What `ask` makes of the container and its service.
    pub(super) fn with<T>(&self, ask: impl FnOnce(&mut Inner) -> T) -> T {
        ask(&mut self.inner.lock().unwrap())
    }

    /// Lets its service expect `token` of operators, whatever it was given.
    pub(crate) fn expect(&self, token: &'static str) {
        self.with(|inner| inner.expected = Some(token));
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
        inner.start_again();
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
}

impl Inner {
    /// Starts it. What was set in its service went with the last start.
    const fn start_again(&mut self) {
        self.start += 1;
        self.running = true;
        self.flag = None;
    }
}

/// What the engine answers.
fn answer(inner: &mut Inner, request: &Request) -> Response {
    let path = request.uri().path();
    let action = path.rsplit('/').next().unwrap_or_default();
    let deed = match (request.method(), action) {
        (&Method::GET, "version") => {
            return Json(json!({ "ApiVersion": "1.41" })).into_response();
        }
        (&Method::GET, "archive") => return archived(request),
        (&Method::POST, "kill") => "kill",
        (&Method::POST, "stop") => "stop",
        (&Method::POST, "start") => "start",
        (&Method::GET, "json") if path.ends_with("/containers/json") => {
            return Json(listed(inner)).into_response();
        }
        (&Method::GET, "json") if inner.exists => {
            return Json(inspected(inner)).into_response();
        }
        _ => {
            let missing = Json(json!({ "message": "no such container" }));
            return (StatusCode::NOT_FOUND, missing).into_response();
        }
    };
    assert!(path.contains("/containers/c1/"), "{path}");
    inner.calls.push(deed);
    match deed {
        "start" if inner.refuses_starts => {
            let refused = Json(json!({ "message": "no start" }));
            return (StatusCode::INTERNAL_SERVER_ERROR, refused).into_response();
        }
        "start" if !inner.running => inner.start_again(),
        "start" => return StatusCode::NOT_MODIFIED.into_response(),
        _ => inner.running = false,
    }
    StatusCode::NO_CONTENT.into_response()
}

/// The one file that its container has.
fn archived(request: &Request) -> Response {
    if request.uri().query() != Some("path=%2Foperator%2Ftoken") {
        let missing = Json(json!({ "message": "no such file" }));
        return (StatusCode::NOT_FOUND, missing).into_response();
    }
    let text = format!("{TOKEN_IN_FILE}\n");
    let mut header = tar::Header::new_gnu();
    header.set_size(text.len() as u64);
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_data(&mut header, "token", text.as_bytes()).unwrap();
    builder.into_inner().unwrap().into_response()
}

fn listed(inner: &Inner) -> serde_json::Value {
    let labels =
        json!({ "com.docker.compose.project": "shop", "com.docker.compose.service": "user" });
    let state = if inner.running { "running" } else { "exited" };
    let container = json!({ "Id": "c1", "Labels": labels, "State": state });
    if inner.exists { json!([container]) } else { json!([]) }
}

fn inspected(inner: &Inner) -> serde_json::Value {
    let binding = |published: Option<SocketAddr>| {
        let port = published.expect("it is asked when it was started").port().to_string();
        json!([{ "HostIp": "127.0.0.1", "HostPort": port }])
    };
    let ports = json!({ "5001/tcp": binding(inner.public), "9900/tcp": binding(inner.operators) });
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
