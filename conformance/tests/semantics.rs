//! Holds docs/reference/semantics.md to the tests that it names.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

const PAGE: &str = "docs/reference/semantics.md";

/// Here a property is a function, and a macro in `main.rs` makes a test of it for each layer.
const CONTRACT: &str = "resilience/tests/contract";

/// The statements that the page must hold, by their numbers.
fn promised() -> BTreeSet<u32> {
    [1..=40, 42..=45, 47..=47, 57..=63].into_iter().flatten().collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace member").to_owned()
}

/// Each row of the tables: its number, and the tests in its last cell as file and name; or what is
/// wrong with it.
fn rows(page: &str) -> Result<BTreeMap<u32, Vec<(String, String)>>, String> {
    let mut rows = BTreeMap::new();
    for line in page.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        // The bars at both ends leave an empty cell outside of each.
        let ["", number, statement, tests, ""] = cells[..] else {
            return Err(format!("not three cells: {line}"));
        };
        if number == "n" || number.starts_with("---") {
            continue;
        }
        let number = number.parse().map_err(|_| format!("not a number: {number}"))?;
        if statement.is_empty() {
            return Err(format!("{number} says nothing"));
        }
        let tests: Result<_, _> = tests.split("<br>").map(|test| named(number, test)).collect();
        if rows.insert(number, tests?).is_some() {
            return Err(format!("{number} stands twice"));
        }
    }
    Ok(rows)
}

/// The file and the name of a test.
fn named(number: u32, test: &str) -> Result<(String, String), String> {
    let parts: Vec<_> = test.trim().split('`').collect();
    match parts[..] {
        ["", file, " ", name, ""] if !file.is_empty() && !name.is_empty() => {
            Ok((file.to_owned(), name.to_owned()))
        }
        _ => Err(format!("{number} names no file and test by {test:?}")),
    }
}

/// Which statements are there and not promised, or promised and not there.
fn amiss(rows: &BTreeMap<u32, Vec<(String, String)>>) -> Vec<u32> {
    let there = rows.keys().copied().collect();
    promised().symmetric_difference(&there).copied().collect()
}

/// Whether `source` has a test called `name`, alone or in a `proptest!`.
fn has_test(source: &str, name: &str) -> bool {
    let declared = format!("fn {name}(");
    let lines: Vec<_> = source.lines().map(str::trim).collect();
    lines.iter().enumerate().any(|(at, line)| {
        let above = lines[..at].iter().rev();
        let mut above = above.take_while(|line| line.starts_with("#[") || line.starts_with("//"));
        let is_test =
            |line: &&str| line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        let rest = line.strip_prefix("async ").unwrap_or(line);
        rest.starts_with(&declared) && above.any(is_test)
    })
}

/// Whether the file `module` of the contract has a property called `name`, in `source`, and the
/// macro in `macros` makes tests of it.
fn has_property(source: &str, macros: &str, module: &str, name: &str) -> bool {
    let declares = |line: &str| {
        let rest = line.strip_prefix("pub(crate) ").unwrap_or_default();
        let rest = rest.strip_prefix("async ").unwrap_or(rest).strip_prefix("fn ");
        rest.and_then(|rest| rest.strip_prefix(name)).is_some_and(|rest| rest.starts_with('<'))
    };
    let path = format!("{module}::{name}");
    let uses = |line: &str| {
        let rest = line.trim().strip_prefix(&path);
        rest.is_some_and(|rest| rest == "," || rest.starts_with("::<"))
    };
    source.lines().any(declares) && macros.lines().any(uses)
}

/// Whether the file has the test.
fn is_there(file: &str, name: &str) -> bool {
    let read = |file: &Path| fs::read_to_string(root().join(file)).unwrap_or_default();
    let (file, contract) = (Path::new(file), Path::new(CONTRACT));
    let source = read(file);
    let module = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    has_test(&source, name)
        || (file.parent() == Some(contract)
            && has_property(&source, &read(&contract.join("main.rs")), module, name))
}

#[test]
fn every_statement_names_tests_and_every_test_is_there() {
    let page = fs::read_to_string(root().join(PAGE)).expect("the page is there");
    let rows = rows(&page).unwrap_or_else(|wrong| panic!("{PAGE}: {wrong}"));
    assert_eq!(amiss(&rows), [0; 0], "promised and without a row, or not promised");
    let tests =
        rows.iter().flat_map(|(number, tests)| tests.iter().map(move |test| (number, test)));
    let lost: Vec<_> = tests
        .filter(|(_, (file, name))| !is_there(file, name))
        .map(|(number, (file, name))| format!("{number}: {file} {name}"))
        .collect();
    assert!(lost.is_empty(), "named and not there:\n{}", lost.join("\n"));
}

#[test]
fn a_function_that_is_no_test_or_is_not_there_is_found_out() {
    let source = "#[test]\nfn one() {}\n\nfn two() {}\n\n#[tokio::test(start_paused = true)]\n\
                  // A comment.\nasync fn three() {}\n\n\
                  proptest! {\n    #[test]\n    fn four(\n        n in 0..9,\n    ) {}\n}\n\n\
                  #[test]\n// fn five() {}\nfn six() {}";
    let names = ["one", "two", "three", "four", "five", "six", "on", "_three"];
    let found = names.map(|name| has_test(source, name));
    assert_eq!(found, [true, false, true, true, false, true, false, false]);
}

#[test]
fn a_property_that_no_test_is_made_of_is_found_out() {
    let source = "pub(crate) async fn one<E, L>() {}\npub(crate) fn two<E>() {}\n\
                  pub(crate) async fn three<E>() {}\nasync fn four<E>() {}";
    let macros = "    part::one,\n    part::two::<$error, _>($layer);\n    part::three_more,\n\
                  other::three,\n    part::four,\n    part::five,\n";
    let names = ["one", "two", "three", "four", "five", "on"];
    let found = names.map(|name| has_property(source, macros, "part", name));
    assert_eq!(found, [true, true, false, false, false, false]);
}

#[test]
fn a_row_without_a_test_and_a_number_that_is_not_promised_are_found_out() {
    let head = "| n | statement | tests |\n|---|---|---|\n";
    let row = |row: &str| rows(&format!("# Title\n\n{head}{row}\n"));
    let known = row("| 1 | Says. | `a.rs` `b`<br>`c.rs` `d` |").unwrap();
    let test = |file: &str, name: &str| (file.to_owned(), name.to_owned());
    assert_eq!(known[&1], [test("a.rs", "b"), test("c.rs", "d")]);
    assert!(!amiss(&known).contains(&1) && amiss(&known).contains(&2));
    assert!(amiss(&row("| 41 | Says. | `a.rs` `b` |").unwrap()).contains(&41));
    for wrong in [
        "| 1 | Says. | |",
        "| 1 | Says. |",
        "| 1 | | `a.rs` `b` |",
        "| 1 | Says. | `a.rs` |",
        "| 1 | Says. | a.rs b |",
        "| 1 | Says. | `a.rs` `b`<br> |",
        "| 1 | Says. | `a.rs` `b` `c` |",
        "| one | Says. | `a.rs` `b` |",
        "| 1 | Says. | `a.rs` `b` |\n| 1 | Says. | `a.rs` `b` |",
    ] {
        assert!(row(wrong).is_err(), "{wrong}");
    }
}
