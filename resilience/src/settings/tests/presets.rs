use std::time::Duration;

use serde_json::json;

use super::{in_force, mistakes};
use crate::settings::{Preset, StackSettings, Switch};

const ALL: [Preset; 4] =
    [Preset::HttpClient, Preset::GrpcClient, Preset::Server, Preset::PerEndpoint];

#[test]
fn presets_have_the_numbers_that_are_documented() {
    let breaker = json!({
        "window": { "kind": "time", "span": "30s", "buckets": 10 },
        "min_calls": 20,
        "failure_rate": 0.5,
        "open_for": "5s",
        "open_growth": { "factor": 2.0, "at_most": "1m" },
        "open_jitter": 0.2,
        "half_open": { "kind": "ratio", "successes": 2, "of": 3 },
    });
    for (preset, numbers) in [
        (
            StackSettings::http_client(),
            json!({
                "deadline": { "limit": "30s" },
                "retry": {
                    "max_attempts": 3,
                    "backoff": {
                        "initial": "50ms", "growth": "exponential", "factor": 2.0,
                        "at_most": "10s", "jitter": "full",
                    },
                },
                "budget": { "ttl": "10s", "min_per_sec": 10, "ratio": 0.2 },
                "circuit_breaker": breaker,
                "timeout": { "limit": "9s" },
            }),
        ),
        (
            StackSettings::grpc_client(),
            json!({
                "deadline": { "limit": "30s" },
                "retry": {
                    "max_attempts": 4,
                    "backoff": {
                        "initial": "100ms", "growth": "exponential", "factor": 2.0,
                        "at_most": "1s", "jitter": { "within": 0.2 },
                    },
                },
                "budget": { "ttl": "10s", "min_per_sec": 10, "ratio": 0.1 },
                "circuit_breaker": breaker,
                "timeout": { "limit": "7s" },
            }),
        ),
        (StackSettings::server(), json!({ "deadline": { "limit": "15s" } })),
        (
            StackSettings::per_endpoint(),
            json!({
                "circuit_breaker": {
                    "failure_rate": "off",
                    "consecutive_failures": 5,
                    "open_for": "1s",
                    "open_growth": { "factor": 2.0, "at_most": "1m" },
                    "open_jitter": 0.5,
                    "half_open": { "kind": "ratio", "successes": 1, "of": 1 },
                },
            }),
        ),
    ] {
        assert_eq!(serde_json::to_value(preset).unwrap(), numbers);
    }
}

#[test]
fn every_preset_can_be_built_as_it_is_and_is_worth_no_note() {
    for preset in ALL {
        let settings = StackSettings { preset: Some(preset), ..StackSettings::default() };
        let name = crate::name::Name::from_static("settings-preset");
        assert!(settings.build(name).is_ok(), "{preset:?}");
        assert_eq!(settings.notes(), [""; 0], "{preset:?}");
        assert_eq!(settings.resolved(), preset.settings());
    }
}

#[test]
fn the_longest_course_is_the_one_that_is_documented() {
    let longest = StackSettings::grpc_client().longest();
    assert_eq!(longest, Some(Duration::from_millis(28_840)));
    assert_eq!(StackSettings::server().longest(), None);
}

#[test]
fn what_is_given_goes_before_the_preset_setting_by_setting() {
    // The numbers of these two are not the defaults, so that one that is lost shows.
    let given = in_force(&json!({
        "preset": "grpc_client",
        "retry": { "backoff": { "initial": "20ms" }, "max_elapsed": "3s" },
        "budget": { "min_per_sec": 5 },
        "timeout": { "limit": "1s", "spare_last_attempt": true },
    }));
    let mut expected = in_force(&json!({ "preset": "grpc_client" }));
    expected["retry"]["backoff"]["initial"] = "20ms".into();
    expected["retry"]["max_elapsed"] = "3s".into();
    expected["budget"]["min_per_sec"] = 5.into();
    expected["timeout"] = json!({ "limit": "1s", "spare_last_attempt": true });
    assert_eq!(given, expected);

    let given = in_force(&json!({
        "preset": "per_endpoint",
        "circuit_breaker": { "open_for": "2s", "open_growth": { "factor": 3 } },
    }));
    let mut expected = in_force(&json!({ "preset": "per_endpoint" }));
    expected["circuit_breaker"]["open_for"] = "2s".into();
    expected["circuit_breaker"]["open_growth"]["factor"] = 3.0.into();
    assert_eq!(given, expected);
}

#[test]
fn a_policy_of_the_preset_can_be_switched_off() {
    for part in ["deadline", "retry", "budget", "circuit_breaker", "timeout"] {
        let shown = in_force(&json!({ "preset": "http_client", part: "off" }));
        assert_eq!(shown[part], json!("off"), "{part}");
        let other = if part == "deadline" { "retry" } else { "deadline" };
        assert!(shown[other].is_object(), "{other} stays");
    }
    let without = StackSettings {
        preset: Some(Preset::HttpClient),
        retry: Some(Switch::Off),
        ..StackSettings::default()
    };
    let stack = without.build(crate::name::Name::from_static("settings-off")).unwrap();
    assert!(stack.budget().is_none() && stack.settings().budget.is_none());
}

#[test]
fn what_belongs_together_is_taken_from_one_of_both() {
    // A list of rules is all rules; the factor belongs to its growth; a budget to its kind.
    let shown = in_force(&json!({
        "preset": "http_client",
        "circuit_breaker": { "rules": [{ "kind": "failure_count", "failures": 3 }] },
        "retry": { "backoff": { "growth": "fixed" } },
        "budget": { "kind": "share" },
    }));
    assert_eq!(shown["circuit_breaker"]["rules"].as_array().map(Vec::len), Some(1));
    assert_eq!(shown["budget"]["max_ratio"], 0.2);
    // A rule that is given in short is beside the short ones of the preset.
    let shown = in_force(&json!({
        "preset": "http_client",
        "circuit_breaker": { "consecutive_failures": 5 },
    }));
    assert_eq!(shown["circuit_breaker"]["rules"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_mistake_beside_a_preset_is_the_only_one() {
    let document = json!({ "preset": "grpc_client", "circuit_breaker": { "min_calls": 0 } });
    assert_eq!(mistakes(&document).len(), 1);
}
