//! The page before a real port for operators, over the network.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Json, Router, response::Redirect, routing::get};
use http::StatusCode;
use kit::testing::Answer;
use reqwest::RequestBuilder;
use resilience::{
    Name,
    admin::{self, Token},
    circuit_breaker::{CircuitBreakerHandle, CircuitBreakerLayer, Config, State},
};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, SemaphorePermit, watch},
    time::timeout,
};

use super::{
    Access, Operators, client,
    lines::{Lines, text},
    router,
};
use crate::collect::Target;

pub(super) const OPERATOR: &str = "0123456789abcdef";
pub(super) const VIEWER: &str = "fedcba9876543210";

/// How long anything may take before a test gives up.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until no other test makes events: they are one list of the process, whose end a page shows.
pub(super) async fn alone() -> SemaphorePermit<'static> {
    static TURN: Semaphore = Semaphore::const_new(1);
    TURN.acquire().await.unwrap()
}

/// Serves `router` and gives its address.
pub(super) async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// The dashboard's routes for operators, before services.
pub(super) struct Dashboard {
    pub(super) url: String,
    pub(super) http: reqwest::Client,
    stop: watch::Sender<bool>,
}

impl Dashboard {
    pub(super) async fn before(services: &[(&str, &str)]) -> Self {
        let target =
            |&(name, url): &(&str, &str)| Target { name: name.to_owned(), url: url.to_owned() };
        let stop = watch::Sender::new(false);
        let operators = Operators {
            build: "b1".into(),
            http: client().unwrap(),
            targets: services.iter().map(target).collect(),
            access: Access::new(&["Ops.Internal".to_owned()]),
            stop: stop.subscribe(),
        };
        let url = serve(router(operators)).await;
        Self { url, http: reqwest::Client::new(), stop }
    }

    /// Before a real port for operators, under the name `order`.
    pub(super) async fn real() -> Self {
        let token = |text| Token::new(text).unwrap();
        let access =
            admin::Access::new().operator("ann", token(OPERATOR)).reader("bob", token(VIEWER));
        let service = serve(admin::router(access)).await;
        Self::before(&[("order", &service)]).await
    }

    pub(super) fn live(&self, token: &str) -> RequestBuilder {
        self.http.get(format!("{}/policies/live", self.url)).bearer_auth(token)
    }

    pub(super) fn faults(&self, token: &str) -> RequestBuilder {
        self.http.get(format!("{}/faults/live", self.url)).bearer_auth(token)
    }

    /// Sends a form of the page on faults.
    pub(super) fn switch(&self, token: &str, form: &Value) -> RequestBuilder {
        let request = self.http.post(format!("{}/faults/order", self.url));
        request.bearer_auth(token).header("x-resilience-command", "1").json(form)
    }

    pub(super) fn command(
        &self,
        token: &str,
        policy: impl std::fmt::Display,
        form: &Value,
    ) -> RequestBuilder {
        let request = self.http.post(format!("{}/policies/order/{policy}", self.url));
        request.bearer_auth(token).header("x-resilience-command", "1").json(form)
    }

    /// The next line of a fresh stream.
    async fn line(&self, token: &str) -> Value {
        Lines::of(self.live(token)).await.next().await
    }
}

pub(super) async fn said(request: RequestBuilder) -> (u16, String) {
    let answer = Answer::read(request.send().await.unwrap()).await;
    for token in [OPERATOR, VIEWER] {
        assert!(!answer.text.contains(token), "no answer holds a token");
    }
    (answer.status.as_u16(), text(&answer.json()["said"]))
}

/// A breaker and the number by which this process lists it.
fn breaker(name: &'static str) -> (CircuitBreakerHandle, u64) {
    let handle = CircuitBreakerLayer::new(Name::from_static(name), Config::default()).handle();
    let listed = resilience::operator::policies();
    let own = listed.iter().find(|listed| listed.name().as_str() == name);
    (handle, own.expect("it is listed").id())
}

/// A service that counts who comes, and answers with this status and body.
pub(super) async fn fake(status: u16, body: Value) -> (String, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let answer = move || {
        count.fetch_add(1, Ordering::Relaxed);
        async move { (StatusCode::from_u16(status).unwrap(), Json(body)) }
    };
    (serve(Router::new().fallback(answer)).await, asked)
}

#[tokio::test]
async fn the_policies_of_a_service_are_told_with_forms_that_change_them() {
    let (handle, id) = breaker("page-lists");
    let dashboard = Dashboard::real().await;
    let mut lines = Lines::of(dashboard.live(OPERATOR)).await;
    let first = lines.next().await;
    let article = first["articles"][format!("policy-0-{id}")].as_str().unwrap();
    assert!(article.contains("page-lists") && article.contains("value=\"force_open\""));
    assert!(article.contains(&format!("data-to=\"/policies/order/{id}\"")), "{article}");
    assert_eq!((&first["service"], &first["build"]), (&json!(0), &json!("b1")));
    assert!(first["order"].as_array().unwrap().contains(&json!(format!("policy-0-{id}"))));
    assert!(text(&first["regions"]["standing-0"]).starts_with("✓ It answers."));

    handle.force_open();
    let second = lines.next().await;
    assert!(second["articles"].get(format!("policy-0-{id}")).is_none(), "it is there already");
    let state = text(&second["regions"][format!("state-0-{id}")]);
    assert!(state.starts_with("forced open for "), "{state}");
}

#[tokio::test]
async fn a_command_reaches_the_policy_and_its_state_comes_with_the_answer() {
    let _turn = alone().await;
    let (handle, id) = breaker("page-commands");
    // As a service does: what changes before the first reader comes is kept for it.
    resilience::operator::events_after(0, 0);
    let dashboard = Dashboard::real().await;
    let open = json!({ "command": "force_open" });
    let answer = dashboard.command(OPERATOR, id, &open).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(text(&answer["said"]), "✓ Done: force open. It is forced open.");
    assert!(text(&answer["regions"][format!("state-0-{id}")]).starts_with("forced open"));
    assert_eq!(handle.snapshot().state, State::ForcedOpen);

    let rate = json!({ "command": "set_failure_rate", "failure_rate": "30" });
    assert_eq!(said(dashboard.command(OPERATOR, id, &rate)).await.0, 200);
    assert_eq!(handle.config().failure_rate().map(resilience::Ratio::as_f64), Some(0.3));
    let told = "ann told the circuit breaker page-commands: set failure rate";
    let mut lines = Lines::of(dashboard.live(OPERATOR)).await;
    for line in 0.. {
        assert!(line < 10, "its events are not told");
        if text(&lines.next().await["regions"]["happened-0"]).contains(told) {
            break;
        }
    }
}

#[tokio::test]
async fn what_a_service_refuses_is_told_in_its_words() {
    let (handle, id) = breaker("page-refusals");
    let dashboard = Dashboard::real().await;
    let open = json!({ "command": "force_open" });
    let of = |token, policy: u64, form: &Value| said(dashboard.command(token, policy, form));
    let (status, told) = of("a-token-that-is-wrong", id, &open).await;
    assert_eq!(status, 401);
    assert!(told.starts_with("✗ order does not know this token."), "{told}");
    let (status, told) = of(VIEWER, id, &open).await;
    assert_eq!(status, 403);
    assert!(told.contains("lets look and not command.") && told.contains("read_only"), "{told}");
    let (status, told) = of(OPERATOR, 1, &open).await;
    assert_eq!(status, 404);
    assert!(told.starts_with("✗ That policy is gone."), "{told}");
    let (status, told) = of(OPERATOR, id, &json!({ "command": "switch_off" })).await;
    assert_eq!(status, 409);
    assert!(told.contains("Command is switch_off, which a policy of the kind"), "{told}");
    let few = json!({ "command": "set_min_calls", "min_calls": "0" });
    let (status, told) = of(OPERATOR, id, &few).await;
    assert_eq!(status, 422);
    assert!(told.contains("min_calls is 0, but must be"), "{told}");
    assert_eq!(handle.snapshot().state, State::Closed);

    let seen = dashboard.line(VIEWER).await;
    assert!(text(&seen["regions"]["standing-0"]).starts_with("✓ It answers."), "it may look");
}

#[tokio::test]
async fn who_may_not_ask_is_refused_before_a_service_hears_of_it() {
    let (service, asked) = fake(200, json!({})).await;
    let dashboard = Dashboard::before(&[("order", &service)]).await;
    let open = json!({ "command": "force_open" });
    let command = || dashboard.command(OPERATOR, 1, &open);
    let bare = || dashboard.http.post(format!("{}/policies/order/1", dashboard.url)).json(&open);
    let cases = [
        (command().header("origin", "http://evil.example"), 403, "foreign_origin"),
        (command().header("origin", "null"), 403, "foreign_origin"),
        (command().header("host", "evil.example"), 421, "foreign_host"),
        (bare().bearer_auth(OPERATOR), 403, "no_command_header"),
        (bare().header("x-resilience-command", "1"), 401, "unauthorized"),
        (
            bare().header("x-resilience-command", "1").basic_auth("a", Some("b")),
            401,
            "unauthorized",
        ),
        (command().bearer_auth(VIEWER), 401, "unauthorized"),
        (dashboard.live(OPERATOR).header("host", "evil.example"), 421, "foreign_host"),
        (dashboard.live(OPERATOR).header("origin", "http://evil.example"), 403, "foreign_origin"),
        (dashboard.http.get(format!("{}/policies/live", dashboard.url)), 401, "unauthorized"),
        (dashboard.command(OPERATOR, "x", &open), 404, "policy_not_found"),
        (dashboard.command(OPERATOR, 1, &json!([])), 422, "unreadable_form"),
        (dashboard.command(OPERATOR, 1, &json!({ "command": "arm" })), 400, "invalid_command"),
        (
            dashboard.command(OPERATOR, 1, &json!({ "command": "x".repeat(5_000) })),
            413,
            "unreadable_form",
        ),
    ];
    for (request, status, reason) in cases {
        let shown = format!("{request:?}");
        let (given, told) = said(request).await;
        assert_eq!(given, status, "{told} {shown}");
        assert!(told.ends_with(&format!("({status}, {reason})")), "{told}");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 0);

    // The own origin, and a name that the dashboard was told.
    let own = command().header("origin", &dashboard.url);
    assert_eq!(said(own).await.0, 502, "the fake answers nonsense");
    let named =
        command().header("host", "ops.internal:80").header("origin", "https://ops.internal:80");
    assert_eq!(said(named).await.0, 502);
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_service_that_is_away_or_is_none_is_told_beside_the_others() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let away = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let (other, _) = fake(200, json!({ "hello": "world" })).await;
    let dashboard = Dashboard::before(&[("order", &away), ("other", &other)]).await;
    let mut lines = Lines::of(dashboard.live(OPERATOR)).await;
    let mut told = [lines.next().await, lines.next().await];
    told.sort_by_key(|line| line["service"].as_u64());
    assert!(text(&told[0]["regions"]["standing-0"]).starts_with("✗ order is away."));
    assert!(text(&told[1]["regions"]["standing-1"]).starts_with("✗ other does not answer as"));
    assert!(told[0].get("order").is_none(), "what was there is not taken away");
    let open = json!({ "command": "force_open" });
    assert_eq!(said(dashboard.command(OPERATOR, 1, &open)).await.0, 502);
    let request = dashboard.http.post(format!("{}/policies/none/1", dashboard.url)).json(&open);
    let request = request.bearer_auth(OPERATOR).header("x-resilience-command", "1");
    assert!(said(request).await.1.ends_with("(404, service_not_found)"));
}

// The clock stands still and moves to the next timer when nothing else is to be done: the service
// never answers, so whichever of both happens first, the time is up.
#[tokio::test(start_paused = true)]
async fn a_service_that_hangs_holds_nothing_up_for_longer_than_its_limit() {
    let hangs = serve(Router::new().fallback(std::future::pending::<StatusCode>)).await;
    let dashboard = Dashboard::before(&[("order", &hangs)]).await;
    let seen = dashboard.line(OPERATOR).await;
    let told = text(&seen["regions"]["standing-0"]);
    assert!(told.starts_with("✗ order gave no answer within 800ms."), "{told}");
    let open = json!({ "command": "force_open" });
    let (status, told) = said(dashboard.command(OPERATOR, 1, &open)).await;
    assert_eq!(status, 504);
    assert!(told.contains("may have been carried out all the same"), "{told}");
}

#[tokio::test]
async fn a_token_that_is_not_known_is_tried_once() {
    let problem = json!({ "reason": "unauthorized", "detail": "the token is another" });
    let (service, asked) = fake(401, problem).await;
    let dashboard = Dashboard::before(&[("order", &service)]).await;
    let mut lines = Lines::of(dashboard.live(VIEWER)).await;
    for _ in 0..2 {
        let told = text(&lines.next().await["regions"]["standing-0"]);
        assert!(told.contains("order does not know this token. Expected is the one"), "{told}");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 2, "its policies and its events");
}

#[tokio::test]
async fn a_token_does_not_follow_a_service_elsewhere() {
    let (elsewhere, asked) = fake(200, json!({})).await;
    let to = format!("{elsewhere}/policies");
    let redirects = get(move || async move { Redirect::temporary(&to) });
    let service = serve(Router::new().fallback_service(redirects)).await;
    let dashboard = Dashboard::before(&[("order", &service)]).await;
    let told = text(&dashboard.line(OPERATOR).await["regions"]["standing-0"]);
    assert!(told.starts_with("✗ order does not answer as a service does."), "{told}");
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn pages_are_bounded_and_end_with_the_dashboard() {
    let (service, _) = fake(200, json!({})).await;
    let dashboard = Dashboard::before(&[("order", &service)]).await;
    let mut pages = Vec::new();
    for _ in 0..16 {
        pages.push(Lines::of(dashboard.live(OPERATOR)).await);
    }
    let (status, told) = said(dashboard.live(OPERATOR)).await;
    assert_eq!(status, 503);
    assert!(told.contains("16 pages for operators are open already"), "{told}");
    drop(pages.pop());
    let freed = async {
        while dashboard.live(OPERATOR).send().await.unwrap().status() != StatusCode::OK {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, freed).await.expect("the place of a page that left is free");
    dashboard.stop.send_replace(true);
    let ended = async {
        for page in pages {
            let mut answer = page.answer;
            while let Some(_rest) = answer.chunk().await.expect("it ends as an answer should") {}
        }
    };
    timeout(PATIENCE, ended).await.expect("no page holds the end up");
}

#[tokio::test]
async fn pages_with_a_token_that_nobody_knows_leave_room_for_others() {
    let dashboard = Dashboard::real().await;
    let mut locked_out = Vec::new();
    for _ in 0..17 {
        let mut page = Lines::of(dashboard.live("0000000000000000")).await;
        page.next().await;
        locked_out.push(page);
    }
    Lines::of(dashboard.live(OPERATOR)).await.next().await;
}

#[tokio::test]
async fn the_page_itself_needs_no_token_and_holds_none() {
    let dashboard = Dashboard::before(&[("order-guarded", "http://127.0.0.1:1")]).await;
    let page = reqwest::get(format!("{}/policies", dashboard.url)).await.unwrap();
    let page = page.text().await.unwrap();
    for part in ["id=\"token\"", "id=\"articles-0\"", "order-guarded", "<noscript>"] {
        assert!(page.contains(part), "{part}");
    }
}
