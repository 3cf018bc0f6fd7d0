//! The demo's services and the dashboard, as processes on free ports.

use std::{path::Path, process::Stdio};

use serde_json::{Value, json};
use system_tests::{PATIENCE, Programs};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use crate::load::Load;

/// What opens the services to an operator.
pub(crate) const TOKEN: &str = "a-token-for-the-test";
const ANY: &str = "127.0.0.1:0";

/// A service that runs, until this is dropped.
#[derive(Debug)]
pub(crate) struct Service {
    child: Child,
    address: String,
    /// Where it answers operators.
    admin: Option<String>,
    // Kept open: a closed standard output would be an error of the service's.
    _out: BufReader<ChildStdout>,
}

impl Service {
    pub(crate) async fn start(program: &str, directory: &Path, args: &[&str]) -> Self {
        let mut command = Command::new(Programs::built().plain.join(program));
        command.env_clear().env("ADMIN_TOKEN", TOKEN).current_dir(directory).args(args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("a built program can be started");
        let mut out = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        let read = timeout(PATIENCE, out.read_line(&mut line)).await;
        read.expect("a service gets ready in time").expect("standard output can be read");
        let ready: Value = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("{error} in the ready line {line:?} of {program}"));
        let address = ready["listening"].as_str().expect("a ready line has an address").to_owned();
        let admin = ready["admin"].as_str().map(str::to_owned);
        Self { child, address, admin, _out: out }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What the dashboard is told of it, under this name.
    fn watched(&self, name: &str) -> [String; 4] {
        let admin = self.admin.as_deref().expect("a service answers operators");
        let [target, operate] = [&self.address, admin].map(|at| format!("{name}=http://{at}"));
        ["--target".to_owned(), target, "--operate".to_owned(), operate]
    }

    /// Ends it at once, without a chance to say goodbye.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.expect("a child can be killed");
    }
}

/// The demo with its dashboard and a load on it.
#[derive(Debug)]
pub(crate) struct Site {
    directory: TempDir,
    pub(crate) user: Service,
    pub(crate) dashboard: Service,
    guarded: Service,
    bare: Service,
    _load: Load,
}

impl Site {
    /// Starts everything, with `rate` orders a second at each order service.
    pub(crate) async fn start(rate: u32) -> Self {
        let directory = tempfile::tempdir().expect("a directory can be made");
        let at = directory.path();
        let user = Service::start("user", at, &["--listen", ANY, "--admin-listen", ANY]).await;
        let users = user.url("");
        let order = async |stack| {
            let at_any = ["--listen", ANY, "--admin-listen", ANY];
            let args = [&at_any[..], &["--stack", stack, "--users-url", &users]].concat();
            Service::start("order", at, &args).await
        };
        let (guarded, bare) = (order("guarded").await, order("bare").await);
        let dashboard = watch(at, ANY, &user, &guarded, &bare).await;
        let load = Load::start(&user.url(""), [guarded.url(""), bare.url("")], rate).await;
        Self { directory, user, dashboard, guarded, bare, _load: load }
    }

    /// Starts the user service anew where it was.
    pub(crate) async fn restart_user(&mut self) {
        let address = self.user.address.clone();
        let admin = self.user.admin.clone().expect("it answered operators");
        let args = ["--listen", &address, "--admin-listen", &admin];
        self.user = Service::start("user", self.directory.path(), &args).await;
    }

    /// Starts the dashboard anew where it was.
    pub(crate) async fn restart_dashboard(&mut self) {
        let Self { directory, user, guarded, bare, dashboard, .. } = self;
        self.dashboard = watch(directory.path(), &dashboard.address, user, guarded, bare).await;
    }

    /// Arms a fault in the user service: `fault` hits this share of its calls.
    pub(crate) async fn arm(&self, fault: Value, rate: f64, seconds: u32) {
        let plan = json!({ "fault": fault, "rate": rate, "expires_in": format!("{seconds}s"),
                           "path_prefix": "/users" });
        let flag = json!({ "policy": "user", "plan": plan });
        let operators = self.user.admin.as_deref().expect("a service answers operators");
        let asked = reqwest::Client::new().put(format!("http://{operators}/flags/story"));
        let asked = asked.bearer_auth(TOKEN).header("x-resilience-command", "1");
        let answer = asked.json(&flag).send().await.expect("the user service answers");
        assert_eq!(answer.status(), 200, "{answer:?}");
    }
}

async fn watch(
    directory: &Path,
    listen: &str,
    user: &Service,
    guarded: &Service,
    bare: &Service,
) -> Service {
    let watched =
        [user.watched("user"), guarded.watched("order-guarded"), bare.watched("order-bare")];
    let watched = watched.concat();
    let mut args = vec!["--listen", listen];
    args.extend(watched.iter().map(String::as_str));
    Service::start("dashboard", directory, &args).await
}
