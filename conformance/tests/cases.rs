//! Runs the program on the cases beside it, and on files that are wrong.

use std::{
    path::Path,
    process::{Command, Output},
};

/// What the crate does not offer yet.
const LATER: [&str; 11] = [
    "pattern adaptive_concurrency",
    "pattern adaptive_throttle",
    "pattern body_timeout",
    "pattern bulkhead",
    "pattern circuit_breaker",
    "pattern hedge",
    "pattern load_balance",
    "pattern load_shedding",
    "pattern rate_limit",
    "pattern sliding_window",
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

#[test]
fn every_case_holds_or_needs_what_is_not_offered_yet() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/peers.yaml");
    let output = run(&[cases.to_str().expect("the path is text")]);
    let told = told(&output);
    for line in told.lines().filter_map(|line| line.split_once(" not covered: ")) {
        assert!(LATER.contains(&line.1), "{} is not covered: {}", line.0, line.1);
    }
    assert!(told.lines().last().is_some_and(|line| line.contains(" 0 failed, ")), "{told}");
    assert!(told.lines().filter(|line| line.ends_with(" passed")).count() >= 43, "{told}");
    assert_eq!(output.status.code(), Some(0));
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
