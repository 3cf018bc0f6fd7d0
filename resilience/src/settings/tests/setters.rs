//! Holds the data to the builders: what can be set in code can be set in a document.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::{Value, json};
use syn::{ImplItem, Item, Visibility};

use super::in_force;

/// A setter, and a document that does the same.
type Row = (&'static str, Value);

fn breaker(settings: &Value) -> Value {
    json!({ "circuit_breaker": settings })
}

fn breaker_rows() -> Vec<Row> {
    vec![
        ("window", breaker(&json!({ "window": { "kind": "count", "size": 7 } }))),
        ("min_calls", breaker(&json!({ "min_calls": 7 }))),
        ("rules", breaker(&json!({ "rules": [{ "kind": "failure_count", "failures": 7 }] }))),
        ("failure_rate", breaker(&json!({ "failure_rate": 0.7 }))),
        ("no_failure_rate", breaker(&json!({ "failure_rate": "off", "consecutive_failures": 7 }))),
        (
            "slow_call_rate",
            breaker(&json!({ "slow_call_rate": 0.7, "slow_call": { "at_least": "7s" } })),
        ),
        ("slow_call", breaker(&json!({ "slow_call": { "longer_than": "7s" } }))),
        ("count_running_slow_calls", breaker(&json!({ "count_running_slow_calls": false }))),
        ("consecutive_failures", breaker(&json!({ "consecutive_failures": 7 }))),
        ("rate_limited_is_failure", breaker(&json!({ "rate_limited_is_failure": false }))),
        ("rate_limited_ends_run", breaker(&json!({ "rate_limited_ends_run": true }))),
        ("rate_limited_fails_probe", breaker(&json!({ "rate_limited_fails_probe": false }))),
        ("cancelled", breaker(&json!({ "cancelled": { "failure_from": 0.7 } }))),
        ("open_for", breaker(&json!({ "open_for": "7s" }))),
        ("open_until_reset", breaker(&json!({ "open_for": "until_reset" }))),
        ("open_growth", breaker(&json!({ "open_growth": { "factor": 7, "at_most": "7s" } }))),
        ("open_jitter", breaker(&json!({ "open_jitter": 0.7 }))),
        ("open_for_retry_after", breaker(&json!({ "open_for_retry_after": "7s" }))),
        ("half_open", breaker(&json!({ "half_open": { "kind": "permitted_calls", "calls": 7 } }))),
        ("half_open_for", breaker(&json!({ "half_open_for": "7s" }))),
        ("half_open_without_limit", breaker(&json!({ "half_open_for": "unlimited" }))),
        ("half_open_ends_closed", breaker(&json!({ "half_open_ends_closed": true }))),
        ("automatic_half_open", breaker(&json!({ "automatic_half_open": true }))),
        ("ignore_injected", breaker(&json!({ "ignore_injected": true }))),
        ("strict_transitions", breaker(&json!({ "strict_transitions": true }))),
        ("initial_state", breaker(&json!({ "initial_state": "metrics_only" }))),
    ]
}

fn retry_rows() -> Vec<Row> {
    let retry = |settings: Value| json!({ "retry": settings });
    vec![
        ("max_attempts", retry(json!({ "max_attempts": 7 }))),
        ("unlimited_attempts", retry(json!({ "max_attempts": "unlimited" }))),
        ("max_elapsed", retry(json!({ "max_elapsed": "7s" }))),
        ("backoff", retry(json!({ "backoff": { "initial": "7ms" } }))),
        ("retry_after_at_most", retry(json!({ "retry_after_at_most": "7s" }))),
        ("stop_when_not_ready", retry(json!({ "stop_when_not_ready": true }))),
        ("stand_down_inside", retry(json!({ "stand_down_inside": true }))),
    ]
}

fn backoff_rows() -> Vec<Row> {
    let backoff = |settings: Value| json!({ "retry": { "backoff": settings } });
    vec![
        ("initial", backoff(json!({ "initial": "7ms" }))),
        ("factor", backoff(json!({ "factor": 7 }))),
        ("growth", backoff(json!({ "growth": "linear" }))),
        ("at_most", backoff(json!({ "at_most": "unlimited" }))),
        ("jitter", backoff(json!({ "jitter": { "within": 0.7 } }))),
    ]
}

fn budget_rows(kind: &str, settings: &[(&'static str, Value)]) -> Vec<Row> {
    let row = |(name, value): &(&'static str, Value)| {
        (*name, json!({ "retry": {}, "budget": { "kind": kind, *name: value } }))
    };
    settings.iter().map(row).collect()
}

/// The setters in `file`: public methods that take the builder itself.
fn setters(file: &str, builder: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file);
    let source = syn::parse_file(&fs::read_to_string(path).unwrap()).unwrap();
    let methods = source.items.iter().flat_map(|item| match item {
        Item::Impl(block) if block.trait_.is_none() && is_named(&block.self_ty, builder) => {
            block.items.as_slice()
        }
        _ => &[],
    });
    let names = methods.filter_map(|item| match item {
        ImplItem::Fn(method)
            if matches!(method.vis, Visibility::Public(_))
                && method.sig.receiver().is_some_and(|own| own.reference.is_none()) =>
        {
            Some(method.sig.ident.to_string())
        }
        _ => None,
    });
    names.filter(|name| name != "build").collect()
}

fn is_named(ty: &syn::Type, name: &str) -> bool {
    matches!(ty, syn::Type::Path(path)
        if path.path.segments.last().is_some_and(|last| last.ident == name))
}

/// Asks that every setter has a row, or stands in `exceptions`, and that each row has an effect.
fn assert_reached(file: &str, builder: &str, rows: &[Row], exceptions: &[&str], without: &Value) {
    let expected: BTreeSet<String> = setters(file, builder);
    assert!(!expected.is_empty(), "{builder} is found in {file}");
    let reached: BTreeSet<String> =
        rows.iter().map(|row| row.0).chain(exceptions.iter().copied()).map(str::to_owned).collect();
    assert_eq!(expected, reached, "{builder}: what can be set in code, and what in a document");
    for (setter, document) in rows {
        assert_ne!(in_force(document), in_force(without), "{setter} has an effect: {document}");
    }
}

#[test]
fn every_setter_of_a_breaker_is_reached_from_data() {
    // Functions are no data.
    let exceptions = ["open_for_fn"];
    let file = "layers/circuit_breaker/builder.rs";
    let without = breaker(&json!({}));
    assert_reached(file, "ConfigBuilder", &breaker_rows(), &exceptions, &without);
}

#[test]
fn every_setter_of_retry_is_reached_from_data() {
    let without = json!({ "retry": {} });
    let file = "layers/retry/config.rs";
    assert_reached(file, "ConfigBuilder", &retry_rows(), &[], &without);
    // It asks something of another setting and is none: a document that says 0 means it.
    let exceptions = ["needs_wait"];
    let file = "layers/retry/backoff/mod.rs";
    assert_reached(file, "BackoffBuilder", &backoff_rows(), &exceptions, &without);
    let policy = [("without_unsent", json!({ "retry": { "resend_unsent": false } }))];
    assert_reached("layers/retry/http_policy.rs", "HttpPolicy", &policy, &[], &without);
    let methods = json!({ "retry": { "idempotency": "safe_methods" } });
    assert_ne!(in_force(&methods), in_force(&without), "what HttpPolicy::new is handed");
}

#[test]
fn every_setter_of_a_budget_is_reached_from_data() {
    let token = [("ttl", json!("7s")), ("min_per_sec", json!(7)), ("ratio", json!(0.7))];
    let share = [("max_ratio", json!(0.7)), ("min_concurrency", json!(7))];
    let cost = [
        ("capacity", json!(7)),
        ("retry_cost", json!(7)),
        ("timeout_cost", json!(7)),
        ("success_refund", json!(7)),
    ];
    for (file, builder, kind, settings) in [
        ("budget/config.rs", "TokenBudgetBuilder", "token", &token[..]),
        ("budget/share.rs", "ShareBudgetBuilder", "share", &share),
        ("budget/cost.rs", "CostBudgetBuilder", "cost", &cost),
    ] {
        let without = json!({ "retry": {}, "budget": { "kind": kind } });
        assert_reached(file, builder, &budget_rows(kind, settings), &[], &without);
    }
}

#[test]
fn every_setter_of_a_limit_of_time_is_reached_from_data() {
    let settings = |timeout: Value| json!({ "timeout": timeout, "deadline": { "limit": "9s" } });
    let rows =
        [("spare_last_attempt", settings(json!({ "limit": "1s", "spare_last_attempt": true })))];
    let without = settings(json!({ "limit": "1s" }));
    // Listeners are no data.
    let file = "layers/timeout/layer.rs";
    assert_reached(file, "TimeoutLayer", &rows, &["on_event"], &without);
    let file = "layers/deadline/layer.rs";
    assert_reached(file, "DeadlineLayer", &[], &["on_event"], &without);
}
