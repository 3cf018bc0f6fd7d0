//! Runs the program on the cases beside it, and on files that are wrong.

use std::{
    path::Path,
    process::{Command, Output},
};

/// What the crate does not offer yet.
const LATER: [&str; 9] = [
    "pattern adaptive_concurrency",
    "pattern adaptive_throttle",
    "pattern body_timeout",
    "pattern bulkhead",
    "pattern hedge",
    "pattern load_balance",
    "pattern load_shedding",
    "pattern rate_limit",
    "layer rate_limit",
];

fn run(args: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_conformance");
    Command::new(program).args(args).output().expect("the program was built")
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("verdicts are text")
}

fn file(folder: &tempfile::TempDir, text: &str) -> String {
    let path = folder.path().join("cases.yaml");
    std::fs::write(&path, text).expect("a temporary folder can be written");
    path.to_str().expect("the path is text").to_owned()
}

fn backoff(expected: u32) -> String {
    format!(
        "cases:\n- id: one\n  pattern: backoff\n  adopt: 'yes'\n  config: {{kind: fixed, delay_ms: 5}}\n  \
         steps: [{{event: delay, attempt: 1, expect: {{delay_ms: {expected}}}}}]\n"
    )
}

fn hold(cases: &str, at_least: usize) {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases").join(cases);
    let output = run(&[cases.to_str().expect("the path is text")]);
    let told = told(&output);
    for line in told.lines().filter_map(|line| line.split_once(" not covered: ")) {
        assert!(LATER.contains(&line.1), "{} is not covered: {}", line.0, line.1);
    }
    assert!(told.lines().last().is_some_and(|line| line.contains(" 0 failed, ")), "{told}");
    assert!(told.lines().filter(|line| line.ends_with(" passed")).count() >= at_least, "{told}");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn every_case_from_peers_holds_or_needs_what_is_not_offered_yet() {
    hold("peers.yaml", 113);
}

#[test]
fn every_case_of_our_own_holds() {
    hold("ours.yaml", 63);
    hold("breaker.yaml", 241);
    hold("retry.yaml", 227);
}

#[test]
fn a_case_that_does_not_hold_is_told_with_its_step_and_ends_with_1() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let output = run(&[&file(&folder, &backoff(6))]);
    assert_eq!(
        told(&output),
        "one failed step 1 key delay_ms expected 6 got 5.0\n0 passed, 1 failed, 0 not covered\n"
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn the_verdicts_are_told_as_json_too() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let output = run(&["--json", &file(&folder, &backoff(5))]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(json["cases"][0]["verdict"], "passed");
    assert_eq!((&json["passed"], &json["failed"]), (&1.into(), &0.into()));
}

/// A breaker, a call of it, and what is expected then.
fn breaker(config: &str, step: &str) -> String {
    format!(
        "cases:\n- id: one\n  pattern: circuit_breaker\n  adopt: 'yes'\n  config: {{{config}}}\n  \
         steps: [{{{step}}}]\n"
    )
}

const RUN: &str = "trip: {kind: consecutive, failures: 2}";

#[test]
fn a_mismatch_of_a_breaker_names_its_way_beside_the_line() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = file(&folder, &breaker(RUN, "event: failure, expect: {state: open}"));
    let output = run(&[&path]);
    let line = "one failed step 1 key state expected \"open\" got \"closed\"";
    assert_eq!(told(&output), format!("{line}\n0 passed, 1 failed, 0 not covered\n"));
    assert_eq!(output.stderr, b"one: on the machine alone\n");
    let output = run(&["--json", &path]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(json["cases"][0]["verdict"], "failed");
    assert_eq!(json["cases"][0]["way"], "on the machine alone");
}

#[test]
fn a_call_that_goes_on_for_ever_in_no_time_does_not_hold_up_the_cases_after_it() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let text = "cases:\n- {id: one, pattern: retry, adopt: 'yes', config: {max_attempts: unlimited}, \
                steps: [{event: call, outcome: error}], expect: {attempts: 7}}\n";
    let output = run(&[&file(&folder, text)]);
    let line = "one failed step 2 key attempts expected 7 got 100000";
    assert_eq!(told(&output).lines().next(), Some(line));
}

#[test]
fn what_a_case_leaves_open_or_gets_wrong_of_a_breaker_is_not_covered() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let list = "trip: [{kind: consecutive, failures: 2}, {kind: ratio, failures: 2, of: 3}]";
    for (config, step, missing) in [
        ("failure_rate: 0.5", "event: success", "config rate without window"),
        ("window: count, window_size: 0", "event: success", "config: window.size is 0, but"),
        ("window: lunar", "event: success", "config window: lunar"),
        ("trip: {kind: odd}", "event: success", "config trip kind: odd"),
        ("trip: {kind: ratio, failures: 1, of: 2, odd: 1}", "event: success", "config trip odd: 1"),
        ("trip: {kind: count_in_window, failures: 1}", "event: success", "config trip count_in"),
        ("initial_state: half_open", "event: success", "config initial_state: half_open"),
        (RUN, "event: failure, breaker: 2", "argument breaker: 2"),
        (RUN, "event: release", "an end of a permit that nobody holds"),
        (RUN, "event: call_end, id: a, outcome: success", "argument id: a"),
        (RUN, "event: call, outcome: success, status: 200", "argument outcome beside status"),
        (RUN, "event: response, status: 5", "argument status that is none"),
        (RUN, "event: inspect, expect: {permitted: true}", "expectation permitted without a call"),
        (RUN, "event: success, expect: {buffered: 1}", "counts without a window"),
        (RUN, "event: success, expect: {mood: 1}", "expectation mood"),
        (list, "event: force_to_half_open}, {event: success", "config without close or half_open"),
        (RUN, "event: force_to_half_open}, {event: response, status: 429", "config without rate_"),
        (
            "trip: {kind: consecutive, failures: 1}, half_open_rule: any_failure_reopens, close: {}",
            "event: success",
            "config close beside half_open_rule",
        ),
    ] {
        let told = told(&run(&[&file(&folder, &breaker(config, step))]));
        let line = told.lines().next().unwrap_or_default();
        assert!(
            line.starts_with(&format!("one not covered: {missing}")),
            "{config} {step}: {line}"
        );
    }
}

#[test]
fn what_is_not_known_is_not_covered_and_never_passed() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for (known, unknown, missing) in [
        ("delay_ms: 5}", "delay_ms: 5, colour: red}", "config colour: \"red\""),
        ("event: delay,", "event: nap,", "event nap"),
        ("attempt: 1,", "attempt: 1, colour: red,", "argument colour: \"red\""),
        ("{delay_ms: 5}", "{colour: red}", "expectation colour"),
        ("kind: fixed", "kind: odd", "config kind: odd"),
        ("pattern: backoff", "pattern: odd", "pattern odd"),
    ] {
        let text = backoff(5);
        assert!(text.contains(known), "{known}");
        let output = run(&[&file(&folder, &text.replacen(known, unknown, 1))]);
        assert_eq!(told(&output).lines().next(), Some(&*format!("one not covered: {missing}")));
        assert_eq!(output.status.code(), Some(0));
    }
}

#[test]
fn a_file_that_is_none_ends_with_2_and_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let wrong = ["", "cases: []", "cases: [{id: a}]", "cases: [", "- 1"];
    let refused = |path: &str| {
        let output = run(&[path]);
        assert_eq!(output.status.code(), Some(2));
        let error = String::from_utf8(output.stderr).expect("errors are text");
        assert!(error.starts_with("error: ") && error.contains(path), "{error}");
    };
    for text in wrong {
        refused(&file(&folder, text));
    }
    refused("/nowhere.yaml");
}
