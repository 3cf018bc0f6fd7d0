//! The page on faults before a real port for operators, over the network.

use std::sync::atomic::Ordering;

use axum::{Json, Router, routing::get};
use resilience::{
    Name, Ratio,
    admin::{self, Token},
    fault::{FaultLayer, FaultSwitch},
    flags::{FlagError, FlagSet, Flags},
};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{
    lines::{Lines, text},
    tests::{Dashboard, OPERATOR, PATIENCE, VIEWER, alone, fake, said, serve},
};

/// The dashboard before a service with these flags, under the name `order`.
async fn before(flags: &Flags) -> Dashboard {
    let token = |text| Token::new(text).unwrap();
    let access = admin::Access::new().operator("ann", token(OPERATOR)).reader("bob", token(VIEWER));
    let service = serve(admin::router_with_flags(access, flags.clone())).await;
    Dashboard::before(&[("order", &service)]).await
}

/// A fault switch that flags find by this name, for as long as the layer is kept.
fn switch(name: &'static str) -> (FaultSwitch, FaultLayer) {
    let switch = FaultSwitch::new();
    let layer = FaultLayer::new(Name::from_static(name), switch.clone());
    (switch, layer)
}

fn aborts(policy: &str) -> FlagSet {
    let plan = json!({ "fault": { "abort": {} }, "rate": 1, "expires_in": "1h" });
    let flags = json!({ "gone": { "policy": policy, "plan": plan } });
    FlagSet::from_json(&flags.to_string()).unwrap()
}

fn arm(policy: &str) -> Value {
    json!({ "command": "arm", "name": "by-hand", "policy": policy, "kind": "latency",
            "delay": "250ms", "status": "", "rate": "20", "path_prefix": "", "expires_in": "1h" })
}

fn button(command: &str, name: &str, source: &str) -> Value {
    json!({ "command": command, "name": name, "source": source })
}

#[tokio::test]
async fn a_fault_is_armed_by_a_form_shown_with_its_time_and_taken_back() {
    let _turn = alone().await;
    let (switch, _layer) = switch("faults-arm");
    // As a service does: what changes before the first reader comes is kept for it.
    resilience::operator::events_after(0, 0);
    let dashboard = before(&Flags::new()).await;
    let mut lines = Lines::of(dashboard.faults(OPERATOR)).await;
    let first = lines.next().await;
    assert_eq!(first["order"], json!(["arm-0"]));
    let form = first["articles"]["arm-0"].as_str().unwrap();
    assert!(form.contains("data-to=\"/faults/order\""), "{form}");
    let switches = first["regions"]["switches-0"].as_str().unwrap();
    assert!(switches.contains("value=\"faults-arm\""), "{switches}");
    assert_eq!(text(&first["regions"]["standing-0"]), "✓ It answers. It has no flags.");

    let (status, told) = said(dashboard.switch(OPERATOR, &arm("faults-arm"))).await;
    assert_eq!((status, &*told), (200, "✓ Done: set. by-hand is armed."));
    assert_eq!(switch.status().armed.unwrap().rate(), Ratio::new(0.2).unwrap());
    let second = lines.next().await;
    let id = "flag-0-by_2dhand-admin";
    assert_eq!(second["order"], json!(["arm-0", id]));
    assert!(second["articles"].get("arm-0").is_none(), "somebody may be typing in it");
    let article = second["articles"][id].as_str().unwrap();
    assert!(article.contains("value=\"take_back\"") && article.contains("data-told=\"result-0\""));
    let state = text(&second["regions"][format!("{id}-state")]);
    assert!(state.starts_with("▲ armed 59 min left"), "{state}");
    let standing = text(&second["regions"]["standing-0"]);
    assert_eq!(standing, "✓ It answers. Armed by flag: by-hand.");

    let take_back = button("take_back", "by-hand", "admin");
    let (status, told) = said(dashboard.switch(OPERATOR, &take_back)).await;
    assert_eq!((status, &*told), (200, "✓ Done: taken back. There is no flag by-hand."));
    assert!(switch.status().armed.is_none());
    let events = async {
        loop {
            let happened = text(&lines.next().await["regions"]["happened-0"]);
            let parts = [
                "A fault is armed in faults-arm: latency, for 60 min at most",
                "flag by-hand of ann told the fault faults-arm: disarm",
                "The fault in faults-arm ended: latency, it was disarmed",
            ];
            if parts.iter().all(|part| happened.contains(part)) {
                break;
            }
        }
    };
    timeout(PATIENCE, events).await.expect("its events are told");
}

#[tokio::test]
async fn a_flag_of_a_source_is_switched_over_what_the_source_says() {
    let _turn = alone().await;
    let (switch, _layer) = switch("faults-source");
    let flags = Flags::new();
    flags.put("file a b.toml", aborts("faults-source"));
    let dashboard = before(&flags).await;
    let of = |command, source| button(command, "gone", source);
    let off = dashboard.switch(OPERATOR, &of("switch_off", "file a b.toml"));
    assert_eq!(said(off).await, (200, "✓ Done: switched off. gone is off.".to_owned()));
    assert!(switch.status().armed.is_none());

    let line = Lines::of(dashboard.faults(VIEWER)).await.next().await;
    let file = "flag-0-gone-file_20a_20b_2etoml";
    assert_eq!(line["order"], json!(["arm-0", "flag-0-gone-admin", file]));
    let state = |id| text(&line["regions"][format!("{id}-state")]);
    assert!(state("flag-0-gone-admin").starts_with("○ off"));
    assert!(state(file).starts_with("◇ overruled"), "{}", state(file));
    assert!(!line["articles"][file].as_str().unwrap().contains("take_back"), "it is not theirs");

    let (status, told) = said(dashboard.switch(OPERATOR, &of("switch_on", "file a b.toml"))).await;
    assert_eq!(status, 409);
    assert!(told.starts_with("✗ Another source counts."), "{told}");
    let answer = said(dashboard.switch(OPERATOR, &of("switch_on", "admin"))).await;
    assert_eq!(answer, (200, "✓ Done: switched on. gone is armed.".to_owned()));
    let answer = said(dashboard.switch(OPERATOR, &of("take_back", "admin"))).await;
    assert_eq!(answer, (200, "✓ Done: taken back. gone of file a b.toml is armed.".to_owned()));
    assert!(switch.status().armed.is_some());
}

#[tokio::test]
async fn what_has_ended_is_armed_again_by_who_asks_for_it() {
    let _turn = alone().await;
    let (switch, _layer) = switch("faults-ended");
    let flags = Flags::new();
    flags.put("file", aborts("faults-ended"));
    let dashboard = before(&flags).await;
    switch.disarm();
    let line = Lines::of(dashboard.faults(VIEWER)).await.next().await;
    let state = text(&line["regions"]["flag-0-gone-file-state"]);
    assert!(state.starts_with("■ ended") && state.contains("0 calls were hit"), "{state}");
    let on = dashboard.switch(OPERATOR, &button("switch_on", "gone", "file"));
    assert_eq!(said(on).await, (200, "✓ Done: switched on. gone is armed.".to_owned()));
    assert!(switch.status().armed.is_some());

    flags.put("file", FlagSet::new());
    flags.clear("gone", "ann");
    for _ in 0..2 {
        let armed = dashboard.switch(OPERATOR, &arm("faults-ended"));
        assert_eq!(said(armed).await, (200, "✓ Done: set. by-hand is armed.".to_owned()));
        switch.disarm();
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_and_who_may_not_is_refused() {
    let (switch, _layer) = switch("faults-refused");
    let flags = Flags::new();
    let mistake: FlagError = FlagSet::from_json(r#"{ "slow": { "plann": 1 } }"#).unwrap_err();
    flags.mistaken("file faults.toml", &mistake);
    let dashboard = before(&flags).await;
    let line = Lines::of(dashboard.faults(VIEWER)).await.next().await;
    let standing = text(&line["regions"]["standing-0"]);
    let told = "✗ The source file faults.toml is wrong. slow: unknown field";
    assert!(standing.contains(told), "{standing}");

    let with = |name: &str, text: &str| {
        let mut form = arm("faults-refused");
        form[name] = json!(text);
        form
    };
    for (token, form, status, part) in [
        (VIEWER, with("rate", "20"), 403, "lets look and not command."),
        ("a-token-that-is-wrong", with("rate", "20"), 401, "order does not know this token."),
        (OPERATOR, with("rate", "200"), 422, "Rate is 200 %, but must be 0 % to 100 %"),
        (OPERATOR, with("expires_in", "1ms"), 422, "by-hand: expires_in is 1ms, but must be"),
        (OPERATOR, with("name", "../policies"), 422, "beginning with a letter"),
        (OPERATOR, button("switch_on", "none", "admin"), 404, "That flag is gone."),
        (OPERATOR, button("take_back", "none", "admin"), 404, "That flag is gone."),
        (OPERATOR, button("force_open", "none", "admin"), 400, "invalid_command"),
    ] {
        let (given, told) = said(dashboard.switch(token, &form)).await;
        assert_eq!(given, status, "{told}");
        assert!(told.starts_with('✗') && told.contains(part), "{told}");
    }
    assert!(switch.status().armed.is_none());
    let bare = dashboard.http.post(format!("{}/faults/order", dashboard.url)).json(&json!({}));
    assert!(said(bare.bearer_auth(OPERATOR)).await.1.contains("no_command_header"));
    let foreign = dashboard.switch(OPERATOR, &arm("a")).header("origin", "http://evil.example");
    assert_eq!(said(foreign).await.0, 403);
}

#[tokio::test]
async fn a_service_without_flags_says_so() {
    let token = |text| Token::new(text).unwrap();
    let access = admin::Access::new().operator("ann", token(OPERATOR));
    let service = serve(admin::router(access)).await;
    let dashboard = Dashboard::before(&[("order", &service)]).await;
    let line = Lines::of(dashboard.faults(OPERATOR)).await.next().await;
    assert_eq!(line["order"], json!([]), "no form either");
    assert_eq!(text(&line["regions"]["standing-0"]), "✓ It answers. It takes no flags.");
    let about = text(&line["regions"]["about-0"]);
    assert_eq!(about, "It does not answer /flags, so none can be set.");
    let (status, told) = said(dashboard.switch(OPERATOR, &arm("users"))).await;
    assert_eq!(status, 404);
    assert!(told.contains("The service takes no flags."), "{told}");
}

#[tokio::test]
async fn another_answer_to_flags_is_not_taken_for_their_absence() {
    let policies = get(async || Json(json!({ "policies": [], "total": 0 })));
    let (flags, asked) = fake(404, json!({ "reason": "policy_not_found", "detail": "no" })).await;
    let service = Router::new()
        .route("/policies", policies)
        .fallback(async move || axum::response::Redirect::temporary(&flags));
    let service = serve(service).await;
    let dashboard = Dashboard::before(&[("order", &service)]).await;
    let line = Lines::of(dashboard.faults(OPERATOR)).await.next().await;
    let standing = text(&line["regions"]["standing-0"]);
    assert!(standing.starts_with("✗ order does not answer as a service does."), "{standing}");
    assert_eq!(asked.load(Ordering::Relaxed), 0, "no token follows it elsewhere");
}

#[tokio::test]
async fn what_a_later_version_says_of_a_flag_goes_back_when_it_is_switched() {
    let plan =
        json!({ "fault": { "abort": {} }, "rate": 1, "expires_in": "1h", "later": ["acme"] });
    let flag = json!({ "enabled": false, "policy": "users", "plan": plan, "since": 7 });
    let state = json!({ "name": "gone", "source": "file", "status": "ended", "time_left": "0s",
                        "injected": 0, "flag": flag });
    let flags = Json(json!({ "flags": [state], "sources": [] }));
    let (told, mut hears) = tokio::sync::mpsc::unbounded_channel();
    let answer = flags.clone();
    let put = move |Json(flag): Json<Value>| {
        told.send(flag).unwrap();
        std::future::ready(answer.clone())
    };
    let service = Router::new()
        .route("/flags", get(async move || flags))
        .route("/flags/gone", axum::routing::put(put));
    let dashboard = Dashboard::before(&[("order", &serve(service).await)]).await;
    let (status, told) =
        said(dashboard.switch(OPERATOR, &button("switch_on", "gone", "file"))).await;
    assert_eq!(status, 200, "{told}");
    let sent = |on: bool| {
        let mut flag = flag.clone();
        flag["enabled"] = on.into();
        flag
    };
    let is_sent = (hears.recv().await.unwrap(), hears.recv().await.unwrap());
    assert_eq!(is_sent, (sent(false), sent(true)));
}
