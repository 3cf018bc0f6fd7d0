use std::collections::BTreeMap;

use serde_json::json;

use super::mistakes;
use crate::settings::{
    CircuitBreakerSettings, Given, SettingsError, SettingsErrors, StackSettings,
};

#[test]
fn twelve_mistakes_in_one_document_are_reported_at_once_in_its_order() {
    let document = r#"{
        "mail": {
            "timeout": { "limit": 250 },
            "retry": { "max_attempts": "abc", "max_atempts": 3, "backoff": { "jitter": "some" } },
            "budget": { "ratio": 11 },
            "deadline": { "limit": "3 parsecs" },
            "circuit_breaker": {
                "open_for": "0s",
                "min_calls": 0,
                "rules": [
                    { "kind": "failure_rate", "rate": 0.5 },
                    { "kind": "failure_ratio", "failures": 0, "of": 10 }
                ],
                "window": { "kind": "time", "span": "1ms", "buckets": 10 },
                "half_open_ends_closed": "yes"
            }
        },
        "users": { "colour": "green" }
    }"#;
    let given: Given<BTreeMap<String, StackSettings>> = serde_json::from_str(document).unwrap();
    let errors = given.check("clients").unwrap_err();
    assert_eq!(errors.len(), 12);
    let expected = [
        "clients.mail.timeout.limit is 250, but must be a duration such as \"250ms\"",
        "clients.mail.retry.max_attempts is \"abc\", but must be a whole number from 0 to \
         4294967295, or \"unlimited\"",
        "clients.mail.retry.max_atempts is 3, but must be a known setting, perhaps max_attempts",
        "clients.mail.retry.backoff.jitter is \"some\", but must be \"full\", \"equal\", \
         \"decorrelated\", \"none\" or { within = 0.2 }",
        "clients.mail.budget.ratio is 11, but must be 0 to 10",
        "clients.mail.deadline.limit is \"3 parsecs\", but must be a duration such as \"250ms\"",
        "clients.mail.circuit_breaker.open_for is 0ns, but must be 1ms to 24h",
        "clients.mail.circuit_breaker.min_calls is 0, but must be 1 to 1000000",
        "clients.mail.circuit_breaker.rules[1].failures is 0, but must be 1 to 10",
        "clients.mail.circuit_breaker.window.span is 1ms, but must be 10ms to 24h",
        "clients.mail.circuit_breaker.half_open_ends_closed is \"yes\", but must be true or false",
        "clients.users.colour is \"green\", but must be one of preset, deadline, retry, budget, \
         circuit_breaker, timeout",
    ];
    assert_eq!(errors.to_string().lines().collect::<Vec<_>>(), expected);
}

#[test]
fn toml_is_read_as_json_is() {
    let toml: Given<StackSettings> = toml::from_str(
        "timeout.limit = 250\nretry = 'often'\ncircuit_breaker.open_growth.factor = nan",
    )
    .unwrap();
    let errors: Vec<_> = toml.check("").unwrap_err().into_iter().collect();
    let paths: Vec<_> = errors.iter().map(SettingsError::path).collect();
    // In the order in which TOML's reader hands tables over: by name.
    assert_eq!(paths, ["circuit_breaker.open_growth.factor", "retry", "timeout.limit"]);
    assert_eq!(errors[0].given(), "NaN");
    assert_eq!(errors[1].expected(), "a table of settings, or \"off\"");
}

#[test]
fn every_mistake_is_one_line_also_where_the_type_itself_is_read() {
    let error = serde_json::from_str::<StackSettings>(r#"{ "a": 1, "b": 2 }"#).unwrap_err();
    assert_eq!(error.to_string().lines().count(), 2, "{error}");
}

#[test]
fn a_value_of_a_wrong_type_is_told_what_it_should_be() {
    for (document, expected) in [
        (json!({ "timeout": 5 }), "timeout is 5, but must be a table of settings, or \"off\""),
        (
            json!({ "timeout": {} }),
            "timeout.limit is unset, but must be set: a duration such as \"250ms\"",
        ),
        (
            json!({ "preset": "https" }),
            "preset is \"https\", but must be one of \"http_client\", \"grpc_client\", \"server\", \"per_endpoint\"",
        ),
        (json!([1, 2]), "the document is a list of 2, but must be a table of settings"),
        (
            json!({ "retry": { "max_attempts": 2.5 } }),
            "retry.max_attempts is 2.5, but must be a whole number from 0 to 4294967295, or \"unlimited\"",
        ),
        (
            json!({ "retry": { "max_attempts": -1 } }),
            "retry.max_attempts is -1, but must be a whole number from 0 to 4294967295, or \"unlimited\"",
        ),
        (
            json!({ "retry": { "max_attempts": 101 } }),
            "retry.max_attempts is 101, but must be 1 to 100",
        ),
        (
            json!({ "circuit_breaker": { "failure_rate": "half" } }),
            "circuit_breaker.failure_rate is \"half\", but must be a share as a number, such as 0.5, or \"off\"",
        ),
        (
            json!({ "circuit_breaker": { "failure_rate": 0 } }),
            "circuit_breaker.failure_rate is 0, but must be above 0, to 1",
        ),
        (
            json!({ "circuit_breaker": { "rules": [{ "kind": "failure_rate", "rate": 2 }] } }),
            "circuit_breaker.rules[0].rate is 2, but must be above 0, to 1",
        ),
        (
            json!({ "circuit_breaker": { "rules": [{
                "kind": "success_rate_below", "rate": 0.5, "min_calls": 1,
                "window": { "kind": "count", "size": 0 },
            }] } }),
            "circuit_breaker.rules[0].window.size is 0, but must be 1 to 1000000",
        ),
        (
            json!({ "circuit_breaker": { "rules": [] } }),
            "circuit_breaker.rules is empty, but must be one or more",
        ),
        (
            json!({ "circuit_breaker": { "rules": [{ "kind": "failure_count" }] } }),
            "circuit_breaker.rules[0].failures is unset, but must be set: a whole number from 0 to 4294967295",
        ),
        (
            json!({ "circuit_breaker": { "slow_call": {} } }),
            "circuit_breaker.slow_call is a table of 0, but must be { at_least = \"1s\" } or { longer_than = \"1s\" }",
        ),
        (
            json!({ "circuit_breaker": { "initial_state": "half_open" } }),
            "circuit_breaker.initial_state is \"half_open\", but must be one of \"closed\", \"open\", \"forced_open\", \"disabled\", \"metrics_only\"",
        ),
        (
            json!({ "circuit_breaker": { "half_open": { "kind": "ratio", "successes": 3, "of": 2 } } }),
            "circuit_breaker.half_open is 3 of 2, but must be within the ranges of its kind",
        ),
    ] {
        assert_eq!(mistakes(&document), [expected], "{document}");
    }
}

#[test]
fn the_number_behind_a_word_is_no_way_to_write_it() {
    let number = json!({ "retry": { "max_attempts": u32::MAX } });
    assert_eq!(mistakes(&number).len(), 1, "only the word means that there is no limit");
    let longest = "18446744073709551615s 999999999ns";
    let time = json!({ "circuit_breaker": { "open_for": longest } });
    assert_eq!(mistakes(&time).len(), 1);
}

#[test]
fn what_follows_from_a_mistake_is_no_second_one() {
    for document in [
        // By the default of 5 s the cap would be too low.
        json!({ "circuit_breaker": { "open_for": "soon", "open_growth": { "at_most": "1s" } } }),
        json!({ "circuit_breaker": { "slow_call_rate": 0.5, "slow_call": { "at_least": 1 } } }),
        json!({ "retry": { "max_attempts": 0 }, "budget": { "kind": "tokens", "ttl": "5s" } , "deadline": "off" }),
        json!({ "retry": 3, "budget": {} }),
        json!({ "preset": "http", "timeout": { "spare_last_attempt": true } }),
    ] {
        let found = mistakes(&document);
        let expected = if document["retry"].is_object() { 2 } else { 1 };
        assert_eq!(found.len(), expected, "{found:#?}");
    }
}

#[test]
fn settings_that_contradict_each_other_are_refused_with_both_names() {
    for (document, path, other) in [
        (
            json!({ "deadline": { "limit": "1s" }, "timeout": { "limit": "1s" } }),
            "timeout.limit",
            "deadline.limit",
        ),
        (
            json!({ "preset": "http_client", "deadline": { "limit": "1s" } }),
            "timeout.limit",
            "deadline.limit",
        ),
        (json!({ "budget": {} }), "budget", "retry"),
        (json!({ "preset": "http_client", "retry": "off", "budget": {} }), "budget", "retry"),
        (
            json!({ "timeout": { "limit": "1s", "spare_last_attempt": true } }),
            "timeout.spare_last_attempt",
            "deadline",
        ),
        (
            json!({ "retry": { "max_attempts": "unlimited" }, "budget": "off" }),
            "retry.max_attempts",
            "budget",
        ),
        (
            json!({ "timeout": { "limit": "1s" }, "circuit_breaker": { "slow_call_rate": 0.5, "slow_call": { "at_least": "2s" } } }),
            "circuit_breaker.slow_call",
            "timeout.limit",
        ),
        (
            json!({ "circuit_breaker": { "rules": [{ "kind": "failure_count", "failures": 3 }], "failure_rate": 0.5 } }),
            "circuit_breaker.rules",
            "failure_rate",
        ),
        (
            json!({ "circuit_breaker": { "slow_call_rate": 0.5 } }),
            "circuit_breaker.slow_call",
            "slow-call rate",
        ),
        (
            json!({ "circuit_breaker": { "failure_rate": "off" } }),
            "circuit_breaker.rules",
            "one or more",
        ),
        (
            json!({ "retry": { "backoff": { "growth": "fixed", "factor": 3 } } }),
            "retry.backoff.factor",
            "growth",
        ),
        (json!({ "retry": {}, "budget": { "kind": "cost", "ttl": "3s" } }), "budget.ttl", "cost"),
    ] {
        let errors: Vec<_> = super::check(&document).unwrap_err().into_iter().collect();
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert_eq!(errors[0].path(), path);
        let line = errors[0].to_string();
        assert!(line.contains(other), "{line} names {other}");
    }
}

#[test]
fn a_name_given_twice_is_a_mistake() {
    let given: Given<CircuitBreakerSettings> =
        serde_json::from_str(r#"{ "min_calls": 10, "min_calls": 20 }"#).unwrap();
    let errors = given.check("").unwrap_err();
    assert_eq!(errors.to_string(), "min_calls is 20, but must be given once");
    let given: Given<BTreeMap<String, StackSettings>> =
        serde_json::from_str(r#"{ "users": {}, "users": {} }"#).unwrap();
    assert_eq!(given.check("clients").unwrap_err().len(), 1);
}

#[test]
fn nothing_is_the_same_as_absent() {
    let given = json!({ "preset": null, "timeout": { "limit": "1s", "spare_last_attempt": null } });
    assert_eq!(mistakes(&given), [""; 0]);
}

#[test]
fn mistakes_of_several_documents_are_put_together() {
    let mut all = SettingsErrors::default();
    assert!(all.is_empty());
    for name in ["a", "b"] {
        let given: Given<StackSettings> = serde_json::from_str(r#"{ "x": 1 }"#).unwrap();
        all.extend(given.check(name).unwrap_err());
    }
    let paths: Vec<_> = all.iter().map(SettingsError::path).collect();
    assert_eq!(paths, ["a.x", "b.x"]);
}
