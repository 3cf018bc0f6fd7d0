//! A browser with one page, driven from here.
//!
//! The protocol is JSON over HTTP, and a test needs ten commands of it. The crates for it bring
//! thirty others, one of them under a licence that this project does not take.

use std::{process::Stdio, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use system_tests::PATIENCE;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::{Instant, sleep, timeout},
};

/// How often a condition is looked at.
const PACE: Duration = Duration::from_millis(50);

/// No graphics card, no sandbox for who is root already, and no word to anybody outside.
const FLAGS: [&str; 10] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
];

/// A browser with one page; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Page {
    /// The address of everything that can be asked of it.
    session: String,
    http: reqwest::Client,
    // Dropped in this order: the browser ends before what it writes into is taken away.
    _driver: Driver,
    _profile: TempDir,
}

/// A chromedriver that runs.
#[derive(Debug)]
struct Driver {
    child: Child,
    port: u16,
    _out: Lines<BufReader<ChildStdout>>,
}

impl Driver {
    async fn start() -> Self {
        find("chromium", "chromium").await;
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).process_group(0);
        let mut child = command.spawn().unwrap_or_else(|error| {
            panic!(
                "cannot start chromedriver: {error}; Debian has it in the package chromium-driver"
            )
        });
        let mut out = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let told = async {
            loop {
                let line = out.next_line().await.expect("standard output can be read");
                let line = line.expect("chromedriver tells its port before it ends");
                let port = line
                    .rsplit_once("successfully on port ")
                    .map(|(_, port)| port.trim_end_matches('.'));
                if let Some(port) = port.and_then(|port| port.parse().ok()) {
                    return port;
                }
            }
        };
        let port = timeout(PATIENCE, told).await.expect("chromedriver starts in time");
        Self { child, port, _out: out }
    }
}

/// A test that fails closes nothing, and the browser would outlive chromedriver.
impl Drop for Driver {
    fn drop(&mut self) {
        let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok());
        if let Some(pid) = pid {
            // Whoever has ended already needs no signal.
            let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
}

async fn find(program: &str, package: &str) {
    let found = Command::new(program).arg("--version").output().await;
    assert!(
        found.is_ok_and(|ended| ended.status.success()),
        "cannot start {program}; Debian has it in the package {package}"
    );
}

impl Page {
    /// Opens `url` in a browser of its own.
    pub(crate) async fn open(url: &str) -> Self {
        let driver = Driver::start().await;
        let profile = tempfile::tempdir().expect("a directory can be made");
        let mut flags: Vec<_> = FLAGS.map(str::to_owned).into();
        flags.push(format!("--user-data-dir={}", profile.path().display()));
        let wanted = json!({
            "goog:chromeOptions": { "args": flags },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let http = reqwest::Client::new();
        let address = format!("http://127.0.0.1:{}/session", driver.port);
        let wanted = json!({ "capabilities": { "alwaysMatch": wanted } });
        let made = send(http.post(&address).json(&wanted)).await;
        let id = made["sessionId"].as_str().expect("a session has an id");
        let session = format!("{address}/{id}");
        let page = Self { session, http, _driver: driver, _profile: profile };
        page.size(1200, 900).await;
        page.goto(url).await;
        page
    }

    pub(crate) async fn goto(&self, url: &str) {
        self.post("url", json!({ "url": url })).await;
    }

    /// Runs a script and returns what it returns.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.post("execute/sync", json!({ "script": script, "args": [] })).await
    }

    /// The text that can be seen in the element with this id.
    pub(crate) async fn text(&self, id: &str) -> String {
        let text = self.run(&format!("return document.getElementById('{id}').innerText")).await;
        let text = text.as_str().unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Waits until `condition`, an expression in the page, is true.
    pub(crate) async fn until(&self, condition: &str) {
        let begun = Instant::now();
        while self.run(&format!("return Boolean({condition})")).await != json!(true) {
            let late = begun.elapsed() > PATIENCE;
            assert!(!late, "waited too long for {condition} in {}", self.text("main").await);
            sleep(PACE).await;
        }
    }

    /// Waits until the element with this id shows `part`.
    pub(crate) async fn shows(&self, id: &str, part: &str) {
        let text = format!("document.getElementById('{id}').innerText.replace(/\\s+/g, ' ')");
        self.until(&format!("{text}.includes({})", json!(part))).await;
    }

    /// Presses a key, wherever the focus is.
    pub(crate) async fn press(&self, key: char) {
        let strokes = ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key }));
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": strokes });
        self.post("actions", json!({ "actions": [keyboard] })).await;
    }

    /// Types a text, wherever the focus is.
    pub(crate) async fn enter(&self, text: &str) {
        let keys = text
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key })));
        let keyboard =
            json!({ "type": "key", "id": "keyboard", "actions": keys.collect::<Vec<_>>() });
        self.post("actions", json!({ "actions": [keyboard] })).await;
    }

    /// Gives the window a size.
    pub(crate) async fn size(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1,
                           "mobile": width < 600 });
        self.command("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// Chooses the colours: `light` or `dark`.
    pub(crate) async fn scheme(&self, scheme: &str) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.command("Emulation.setEmulatedMedia", features).await;
    }

    /// The errors in the console since the last look.
    pub(crate) async fn errors(&self) -> Vec<Value> {
        let told = self.post("se/log", json!({ "type": "browser" })).await;
        let lines = told.as_array().cloned().unwrap_or_else(|| panic!("{told}"));
        lines.into_iter().filter(|line| line["level"] == "SEVERE").collect()
    }

    /// The errors, without those that tell of an answer with this status.
    pub(crate) async fn errors_but(&self, status: u16) -> Vec<Value> {
        let told = format!("a status of {status} ");
        let mut errors = self.errors().await;
        errors.retain(|line| !line["message"].as_str().is_some_and(|text| text.contains(&told)));
        errors
    }

    /// The window as a PNG.
    pub(crate) async fn picture(&self) -> Vec<u8> {
        let told = send(self.http.get(format!("{}/screenshot", self.session))).await;
        let text = told.as_str().expect("a picture is told as text");
        BASE64_STANDARD.decode(text).expect("a picture is told in base64")
    }

    async fn command(&self, command: &str, params: Value) {
        self.post("goog/cdp/execute", json!({ "cmd": command, "params": params })).await;
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        send(self.http.post(format!("{}/{path}", self.session)).json(&body)).await
    }

    /// Ends the browser.
    pub(crate) async fn close(self) {
        send(self.http.delete(&self.session)).await;
    }
}

/// Sends a command and returns what it is answered.
async fn send(command: RequestBuilder) -> Value {
    let answer = command.timeout(PATIENCE).send().await.expect("chromedriver answers");
    let told: Value = answer.json().await.expect("it answers with JSON");
    assert!(told["value"]["error"].is_null(), "{told}");
    told["value"].clone()
}
