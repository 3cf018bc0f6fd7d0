use proptest::prelude::*;
use serde_json::{Value, json};

use super::mistakes;
use crate::settings::{Given, StackSettings};

#[test]
fn a_long_or_strange_name_or_value_is_cut_and_stays_on_one_line() {
    let long = "x".repeat(1_000_000);
    let document = json!({
        long.clone(): long,
        "a\nb\u{1b}[31m": "c\nd\u{1b}[31m",
        "ä".repeat(100): ["ä".repeat(100)],
        "": 1,
        "timeout": { "limit": "5\u{0}".repeat(100) },
        "preset": { "x".repeat(100): 1 },
    });
    let found = mistakes(&document);
    assert_eq!(found.len(), 6, "{found:#?}");
    for line in found {
        assert!(line.len() < 600, "{line}");
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
}

#[test]
fn a_document_that_is_too_deep_is_refused_and_not_followed() {
    let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    let read = |text: &str| serde_json::from_str::<Given<StackSettings>>(text);
    assert!(read(&nested(32)).is_ok());
    let error = read(&nested(33)).unwrap_err().to_string();
    assert!(error.starts_with("tables and lists lie more than 32 deep in each other"), "{error}");
}

/// The names and words that lead on, and any others.
fn names() -> impl Strategy<Value = String> {
    let known: Vec<String> = words(&serde_json::to_value(StackSettings::schema()).unwrap());
    prop_oneof![8 => prop::sample::select(known), 1 => ".{0,8}"]
}

/// Every name of a property and every text in `schema`.
fn words(schema: &Value) -> Vec<String> {
    match schema {
        Value::Object(entries) => {
            let names = entries.keys().cloned();
            names.chain(entries.values().flat_map(words)).collect()
        }
        Value::Array(items) => items.iter().flat_map(words).collect(),
        Value::String(text) => vec![text.clone()],
        _ => Vec::new(),
    }
}

fn leaves() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0..200_u32).prop_map(Value::from),
        (0.0..2.0_f64).prop_map(Value::from),
        (0..5_000_u32).prop_map(|ms| Value::from(format!("{ms}ms"))),
        names().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ]
}

fn documents() -> impl Strategy<Value = Value> {
    leaves().prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            6 => prop::collection::hash_map(names(), inner, 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// The ways to all values in `value`, each after `way`.
fn pointers(way: &str, value: &Value) -> Vec<String> {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(entries) => {
            entries.iter().map(|(name, value)| (format!("{way}/{name}"), value)).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().map(|(at, value)| (format!("{way}/{at}"), value)).collect()
        }
        _ => Vec::new(),
    };
    let ways = inner.iter().map(|(way, _)| way.clone());
    ways.chain(inner.iter().flat_map(|(way, value)| pointers(way, value))).collect()
}

/// A document in which all is well but for a few values.
fn spoilt() -> impl Strategy<Value = Value> {
    let whole = super::in_force(&json!({
        "preset": "http_client",
        "circuit_breaker": {
            "slow_call": { "at_least": "1s" },
            "rules": [{
                "kind": "success_rate_below", "rate": 0.5, "min_calls": 10,
                "window": { "kind": "count", "size": 10 },
            }],
        },
    }));
    let ways = prop::sample::select(pointers("", &whole));
    prop::collection::vec((ways, leaves()), 0..4).prop_map(move |changes| {
        let mut document = whole.clone();
        for (way, value) in changes {
            if let Some(place) = document.pointer_mut(&way) {
                *place = value;
            }
        }
        document
    })
}

proptest! {
    #[test]
    fn no_document_panics_and_what_is_accepted_can_be_built(
        document in prop_oneof![documents(), spoilt()],
    ) {
        let given: Given<StackSettings> = serde_json::from_value(document).unwrap();
        match given.check("p") {
            Ok(settings) => {
                let name = crate::name::Name::from_static("settings-hostile");
                prop_assert!(settings.build(name).is_ok());
                let _ = settings.notes();
            }
            Err(errors) => {
                prop_assert!(!errors.is_empty());
                for error in errors.iter() {
                    prop_assert!(error.path().starts_with('p') || error.path() == "the document");
                    prop_assert!(!error.to_string().contains('\n'));
                }
            }
        }
    }
}
