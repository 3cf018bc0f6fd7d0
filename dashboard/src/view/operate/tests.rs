use std::{collections::BTreeSet, time::Duration};

use resilience::wire::{
    ArmFault, Done, EventState, FaultKind, InstanceState, InstancesState, PolicyState,
};
use serde_json::{Value, json};

use super::{Article, Piece as _, Topic, changes_region, done, page, refused, standing_region};
use crate::{
    assets::{OPERATE_SCRIPT, OPERATE_STYLE},
    model::{Operated, Refusal},
};

fn policy(state: &Value) -> InstanceState {
    serde_json::from_value(state.clone()).unwrap()
}

fn breaker(state: &str) -> InstanceState {
    policy(&json!({
        "id": 7, "kind": "circuit_breaker", "policy": "users-api", "state": state,
        "in_state_for": "9s", "time_left": "300ms", "calls": 34, "failed": 12, "slow": 1, "refused": 5,
        "failures_in_a_row": 3, "free_probes": 2,
        "transitions": [{ "from": "closed", "to": "forced_open", "reason": "manual", "ago": "4s" }],
        "thresholds": [
            { "rule": "failure_rate", "threshold": 0.07, "min_calls": 20 },
            { "rule": "consecutive_failures", "threshold": 10.0, "min_calls": null },
        ],
    }))
}

/// One of each kind.
fn each() -> Vec<InstanceState> {
    let budget = json!({ "policy": "users-api", "tokens": 92 });
    let armed = ArmFault::new(FaultKind::Error { status: 503 }, 0.15, Duration::from_secs(8));
    let others = [
        json!({ "id": 8, "kind": "keyed_circuit_breaker", "policy": "hosts", "keys": 3,
                "max_keys": 1000 }),
        json!({ "id": 9, "kind": "retry_budget", "policy": "users-api", "tokens": 1 }),
        json!({ "id": 10, "kind": "retry", "policy": "users-api", "is_on": false,
                "max_attempts": 4, "budget": budget }),
        json!({ "id": 11, "kind": "timeout", "policy": "users-api", "limit": "250ms",
                "is_set": true }),
        json!({ "id": 12, "kind": "deadline", "policy": "orders", "limit": null, "is_set": false }),
        json!({ "id": 13, "kind": "fault", "policy": "user", "armed": armed, "injected": 3 }),
        json!({ "id": 14, "kind": "fault", "policy": "idle", "armed": null, "injected": 0 }),
        json!({ "id": 15, "kind": "keyed_retry_budget", "policy": "hosts", "keys": 2,
                "max_keys": 1000 }),
        json!({ "id": 16, "kind": "from_the_future" }),
    ];
    [breaker("open")].into_iter().chain(others.iter().map(policy)).collect()
}

fn text(html: &str) -> String {
    let parts = html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    parts.collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn shown(policy: &InstanceState) -> String {
    let regions = Article::new(1, "order", policy).regions();
    text(&regions.into_iter().map(|(_, html)| html.into_string()).collect::<String>())
}

fn whole(policy: &InstanceState) -> String {
    Article::new(1, "order", policy).whole().into_string()
}

#[test]
fn each_kind_is_shown_as_it_is() {
    let shown: Vec<_> = each().iter().map(shown).collect();
    assert_eq!(
        shown,
        [
            "open for 9 s, 0.3 s left Calls are refused until the wait is over. failed 12 of 34 \
             (35.3 %) slow 1 of 34 (2.9 %) failures in a row 3 refused since 5 Opens when 7 % of at \
             least 20 calls fail, or 10 in a row fail. Last changes 4 s ago closed → forced open : it \
             was moved by hand",
            "3 keys have a breaker of their own, of at most 1000.",
            "1 retry saved up.",
            "○ off: one attempt is made 4 attempts at most, the first included. Paid for by users-api \
             : 92 saved up.",
            "250ms , set by an operator",
            "not known before the first call , as the layers were made",
            "▲ armed, 8.0 s left 15 % of the calls to order are answered 503. 3 calls were hit since \
             the service started.",
            "○ nothing is armed 0 calls were hit since the service started.",
            "2 keys have a retry budget of their own, of at most 1000.",
            "The service is newer than this page, or older.",
        ]
    );
}

#[test]
fn who_pays_for_retries_is_told_and_that_nobody_does() {
    let retry = json!({ "id": 1, "kind": "retry", "policy": "users-api", "is_on": true,
                        "max_attempts": 3, "budget": null });
    let mut keyed = retry.clone();
    keyed["keyed_budget"] = json!({ "policy": "hosts", "keys": 2, "max_keys": 1000 });
    let first = "● on 3 attempts at most, the first included.";
    assert_eq!(shown(&policy(&retry)), format!("{first} No budget limits them."));
    let paid = "Paid for by hosts , a budget for each key.";
    assert_eq!(shown(&policy(&keyed)), format!("{first} {paid}"));
}

#[test]
fn each_state_of_a_breaker_has_a_word_and_a_shape() {
    for (label, word, shape) in [
        ("closed", "closed", "closed"),
        ("half_open", "half-open", "half-open"),
        ("forced_open", "forced open", "open"),
        ("disabled", "disabled", "closed"),
        ("metrics_only", "metrics only", "closed"),
    ] {
        let (_, html) = Article::new(0, "order", &breaker(label)).regions().remove(0);
        let html = html.into_string();
        assert!(text(&html).starts_with(word), "{html}");
        assert!(html.contains(&format!("#switch-{shape}\"")), "{html}");
    }
}

#[test]
fn each_kind_has_the_forms_of_the_commands_that_it_knows() {
    let commands: Vec<BTreeSet<String>> = each()
        .iter()
        .map(|policy| {
            let html = whole(policy);
            let named = html.split("name=\"command\" value=\"").skip(1);
            named.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
        })
        .collect();
    let expected: [&[&str]; 9] = [
        &[
            "close",
            "disable",
            "force_open",
            "half_open",
            "metrics_only",
            "open",
            "reset",
            "set_consecutive_failures",
            "set_failure_rate",
            "set_min_calls",
            "set_open_for",
        ],
        &[],
        &["set_budget"],
        &["set_max_attempts", "switch_off", "switch_on"],
        &["clear_limit", "set_limit"],
        &["clear_limit", "set_limit"],
        &["disarm"],
        &["disarm"],
        &[],
    ];
    for (commands, expected) in commands.iter().zip(expected) {
        assert_eq!(commands.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }
    let html = whole(&breaker("closed"));
    assert!(
        html.contains("name=\"failure_rate\" value=\"7\""),
        "in percent, without a tail: {html}"
    );
}

#[test]
fn an_article_has_ids_of_its_own_and_a_label_for_each_field() {
    let html: String = each().iter().map(whole).collect();
    let mut ids = BTreeSet::new();
    for id in html.split(" id=\"").skip(1) {
        assert!(ids.insert(id.split('"').next().unwrap()), "{id}");
    }
    let fields = html.matches("type=\"text\"").count();
    let labels: Vec<_> =
        html.split("<label for=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(labels.len(), fields);
    assert!(labels.iter().all(|label| ids.contains(label)), "{labels:?}");
    assert_eq!(html.matches("<form").count(), html.matches("role=\"status\"").count());
}

#[test]
fn what_is_drawn_anew_holds_nothing_that_can_have_the_focus() {
    let operated = Operated { policies: each(), total: 12, ..Operated::default() };
    let regions = each()
        .iter()
        .flat_map(|policy| Article::new(0, "order", policy).regions())
        .map(|(_, html)| html.into_string())
        .chain([
            standing_region(0, "order", Ok(&operated)).1.into_string(),
            changes_region(0, &operated).1.into_string(),
        ])
        .collect::<String>();
    for focusable in ["<a ", "<button", "<input", "<form", "tabindex", "style="] {
        assert!(!regions.contains(focusable), "{focusable}");
    }
}

#[test]
fn how_a_service_stands_is_told_without_figures() {
    let of = |policies: Vec<InstanceState>| {
        let operated = Operated { total: policies.len(), policies, ..Operated::default() };
        text(&standing_region(0, "order", Ok(&operated)).1.into_string())
    };
    assert_eq!(of(vec![breaker("closed")]), "✓ It answers. All circuit breakers are closed.");
    assert_eq!(
        of(vec![breaker("closed"), breaker("forced_open")]),
        "✓ It answers. Circuit breaker users-api is forced open."
    );
    assert_eq!(of(each().split_off(1)), "✓ It answers. It has no circuit breaker.");
    assert_eq!(of(Vec::new()), "✓ It answers. It has no policies.");
    let deaf = Refusal::said(503, "too_many_readers", "32 readers of events are there already");
    let operated = Operated { deaf: Some(deaf), ..Operated::default() };
    let told = text(&standing_region(0, "order", Ok(&operated)).1.into_string());
    assert!(told.contains("✗ order refused. 32 readers"), "{told}");
}

#[test]
fn each_refusal_says_who_refused_what_and_what_was_expected() {
    let said = |status, reason: &str| Refusal::said(status, reason, "a was b, but must be c");
    for (refusal, expected) in [
        (Refusal::Away, "✗ order is away. Nobody listens at its address for operators."),
        (
            Refusal::Broken,
            "✗ order gave no answer. The connection broke before it. A command may have been \
             carried out all the same: look at the state.",
        ),
        (
            Refusal::Slow(Duration::from_secs(3)),
            "✗ order gave no answer within 3s. A command may have been carried out all the same: look \
             at the state.",
        ),
        (
            Refusal::Strange,
            "✗ order does not answer as a service does. Expected is the address of its \
             --admin-listen.",
        ),
        (
            said(401, "unauthorized"),
            "✗ order does not know this token. Expected is the one with which it was started. \
             ( 401 , unauthorized )",
        ),
        (
            said(403, "read_only"),
            "✗ This token lets look and not command. A was b, but must be c. ( 403 , read_only )",
        ),
        (
            said(421, "foreign_host"),
            "✗ order is not reached under that name. A was b, but must be c. ( 421 , foreign_host )",
        ),
        (
            said(404, "policy_not_found"),
            "✗ That policy is gone. A was b, but must be c. ( 404 , policy_not_found )",
        ),
        (
            said(409, "illegal_transition"),
            "✗ It cannot be moved so. A was b, but must be c. ( 409 , illegal_transition )",
        ),
        (
            said(409, "not_for_this_policy"),
            "✗ It cannot be told that. A was b, but must be c. ( 409 , not_for_this_policy )",
        ),
        (
            said(422, "invalid_settings"),
            "✗ Nothing was changed. A was b, but must be c. ( 422 , invalid_settings )",
        ),
        (
            said(500, "from_the_future"),
            "✗ order refused. A was b, but must be c. ( 500 , from_the_future )",
        ),
    ] {
        let html = refused("order", &refusal).into_string();
        let told = text(&html).replace(" ,", ",").replace("( ", "(").replace(" )", ")");
        let expected = expected.replace(" ,", ",").replace("( ", "(").replace(" )", ")");
        assert_eq!(told, expected);
    }
}

#[test]
fn what_was_done_is_told_with_what_the_policy_is_since() {
    for (command, policy, expected) in [
        ("force_open", breaker("forced_open"), "✓ Done: force open. It is forced open."),
        (
            "set_min_calls",
            breaker("closed"),
            "✓ Done: set min calls. Opens when 7 % of at least 20 calls fail, or 10 in a row fail.",
        ),
        ("switch_off", each().remove(3), "✓ Done: switch off. It is off, with 4 attempts."),
        ("set_limit", each().remove(4), "✓ Done: set limit. It is 250ms."),
        (
            "clear_limit",
            each().remove(5),
            "✓ Done: clear limit. It is not known before the first call.",
        ),
        ("disarm", each().remove(7), "✓ Done: disarm. Nothing is armed."),
        ("set_budget", each().remove(2), "✓ Done: set budget. Retry budget users-api has it."),
    ] {
        let told = done(&Done { command: command.to_owned(), policy });
        assert_eq!(text(&told.into_string()), expected);
    }
}

#[test]
fn changes_are_sentences_and_what_is_not_shown_is_counted() {
    let event = |happened: Value| {
        let mut event = json!({ "id": 1, "policy": "users-api", "ago": "2s" });
        event.as_object_mut().unwrap().extend(happened.as_object().unwrap().clone());
        serde_json::from_value::<EventState>(event).unwrap()
    };
    let changes = [
        json!({ "event": "state_changed", "from": "half_open", "to": "closed",
                "reason": "probes_succeeded" }),
        json!({ "event": "rule_met", "reason": "failure_rate" }),
        json!({ "event": "settings_changed" }),
        json!({ "event": "commanded", "kind": "retry", "command": "switch_off", "by": "ann" }),
        json!({ "event": "from_the_future" }),
    ];
    let changes = changes.map(event).into();
    let operated = Operated { total: 3, changes, ..Operated::default() };
    let (id, html) = changes_region(4, &operated);
    assert_eq!(id, "happened-4");
    assert_eq!(
        text(&html.into_string()),
        "and 3 more policies, which this page does not show What changed the policies 2 s ago \
         Breaker users-api : half open → closed : the calls that tried went well 2 s ago Breaker \
         users-api met a rule: too large a share of failures 2 s ago users-api goes by other \
         settings 2 s ago ann told the retry users-api : switch off 2 s ago Something happened to \
         users-api"
    );
}

#[test]
fn what_comes_from_outside_stays_text() {
    const HOSTILE: &str = "<script>alert('x')</script>\"><img src=x>";
    let mut hostile =
        serde_json::to_value(InstancesState { policies: each(), ..Default::default() });
    for policy in hostile.as_mut().unwrap()["policies"].as_array_mut().unwrap() {
        policy["policy"] = json!(HOSTILE);
    }
    let policies: InstancesState = serde_json::from_value(hostile.unwrap()).unwrap();
    let refusal = Refusal::said(409, HOSTILE, HOSTILE);
    let mut html: String = policies.policies.iter().map(whole).collect();
    html.push_str(&refused(HOSTILE, &refusal).into_string());
    html.push_str(&page(Topic::Policies, HOSTILE, &["order"]));
    assert!(html.contains("&lt;script&gt;"), "it is shown as it is");
    assert!(!html.contains("<script>") && !html.contains("<img"), "{html}");
}

#[test]
fn the_page_loads_nothing_from_elsewhere_and_tells_no_token() {
    let page = page(Topic::Policies, "b1", &["user", "order-guarded"]);
    for text in [page.as_str(), OPERATE_SCRIPT, OPERATE_STYLE] {
        for load in ["http://", "https://", "@import", "url("] {
            assert!(!text.contains(load), "{load}");
        }
    }
    assert!(!OPERATE_SCRIPT.contains("localStorage"), "a token must not outlive its tab");
    assert!(matches!(each()[9].state, PolicyState::Unknown), "the last one is of no known kind");
}
