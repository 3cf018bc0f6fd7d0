//! Imports run one way: a module uses only modules of the floors below its own.

use std::fs;
use std::path::{Path, PathBuf};

const FLOORS: [&[&str]; 7] = [
    &["experiment", "measure"],
    &["target", "load", "probe"],
    &["fault", "fleet", "doctor"],
    &["engine"],
    &["analysis"],
    &["report"],
    &["cli"],
];

fn floor(module: &str) -> usize {
    let found = FLOORS.iter().position(|modules| modules.contains(&module));
    found.unwrap_or_else(|| panic!("{module} has no floor"))
}

fn sources(directory: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

/// The modules that `text` names behind `crate::`, a group in braces included. Links in
/// comments are not imports.
fn named(text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code = code.collect::<Vec<_>>().join("\n");
    let mut modules = Vec::new();
    for rest in code.split("crate::").skip(1) {
        assert!(!rest.starts_with('{'), "name one module in each `use crate::`");
        modules.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
    }
    modules
}

#[test]
fn no_module_imports_from_its_own_floor_or_above() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut looked_at = 0;
    for module in FLOORS.concat() {
        for path in sources(&root.join(module)) {
            let text = fs::read_to_string(&path).unwrap();
            for other in named(&text).into_iter().filter(|other| other != module) {
                assert!(floor(&other) < floor(module), "{} uses {other}", path.display());
            }
            looked_at += 1;
        }
    }
    assert!(looked_at > 40, "the sources are where they are looked for");
}

#[test]
fn no_file_is_longer_than_400_lines() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in sources(&root) {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 400, "{} has {lines} lines", path.display());
    }
}
