//! Holds docs/reference/semantics.md to the tests that it names.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// The statements that the page must hold, by their numbers.
fn promised() -> BTreeSet<u32> {
    [1..=16, 18..=40, 42..=45, 57..=60, 62..=63].into_iter().flatten().collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace member").to_owned()
}

/// Each row of the tables: its number, and the tests in its last cell as file and name.
fn rows(page: &str) -> BTreeMap<u32, Vec<(String, String)>> {
    let mut rows = BTreeMap::new();
    for line in page.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let Ok(number) = cells[0].parse() else { continue };
        let tests = cells.last().expect("a row has cells").split("<br>").map(|test| {
            let (file, name) = test.split_once(' ').expect("a file and a name");
            (file.trim_matches('`').to_owned(), name.trim().trim_matches('`').to_owned())
        });
        let known = rows.insert(number, tests.collect());
        assert_eq!(known, None, "statement {number} stands twice");
    }
    rows
}

/// Whether `source` has a test called `name`.
fn has_test(source: &str, name: &str) -> bool {
    let declaration = format!("fn {name}(");
    let lines: Vec<_> = source.lines().map(str::trim).collect();
    lines.iter().enumerate().any(|(at, line)| {
        line.contains(&declaration)
            && lines[..at]
                .iter()
                .rev()
                .take_while(|line| line.starts_with("#[") || line.starts_with("//"))
                .any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
    })
}

#[test]
fn every_statement_names_tests_and_every_test_is_there() {
    let page = fs::read_to_string(root().join("docs/reference/semantics.md")).unwrap();
    let rows = rows(&page);
    let missing: Vec<_> = promised().into_iter().filter(|n| !rows.contains_key(n)).collect();
    assert!(missing.is_empty(), "without a row: {missing:?}");
    let mut lost = Vec::new();
    for (number, tests) in &rows {
        for (file, name) in tests {
            let source = fs::read_to_string(root().join(file)).unwrap_or_default();
            if !has_test(&source, name) {
                lost.push(format!("{number}: {file} {name}"));
            }
        }
    }
    assert!(lost.is_empty(), "named and not there:\n{}", lost.join("\n"));
}

#[test]
fn a_function_that_is_no_test_or_is_not_there_is_found_out() {
    let source = "#[test]\nfn one() {}\n\nfn two() {}\n\n#[tokio::test(start_paused = true)]\n\
                  // A comment.\nasync fn three() {}";
    let found = ["one", "two", "three", "on"].map(|name| has_test(source, name));
    assert_eq!(found, [true, false, true, false]);
}
