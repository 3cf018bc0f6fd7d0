//! Holds the house to its floors: a module imports only from floors below its own.

use std::{collections::BTreeSet, fs, path::Path};

use syn::{UseTree, visit::Visit};

/// From the ground up. Modules on one floor do not see each other.
const FLOORS: &[&[&str]] = &[
    &["time", "rng", "name", "ratio", "sync", "divisor", "attempt_span"],
    &["error", "outcome", "config", "criticality", "expiry", "live_limit", "registry", "stripes"],
    &["window", "carry", "classify", "meter", "holders"],
    &["keyed"],
    &["deadline_value", "event", "budget", "limit_handle"],
    &["http", "wire"],
    &["grpc"],
    &["layers"],
    &["describe", "operator", "settings", "telemetry", "test_util"],
    &["flags"],
    &["admin"],
    &["guide"],
];

/// Paths that `crate::` reaches through the facade, and the module they stand for.
const FACADE: &[(&str, &str)] = &[
    ("circuit_breaker", "layers"),
    ("deadline", "layers"),
    ("fault", "layers"),
    ("lift", "layers"),
    ("propagate", "layers"),
    ("respond", "layers"),
    ("retry", "layers"),
    ("timeout", "layers"),
    ("trace", "layers"),
];

fn floor(module: &str) -> Option<usize> {
    let module = FACADE.iter().find(|entry| entry.0 == module).map_or(module, |entry| entry.1);
    FLOORS.iter().position(|floor| floor.contains(&module))
}

/// The modules that a source file names after `crate::`, in `use` or in a path.
#[derive(Default)]
struct Imports(BTreeSet<Vec<String>>);

impl Imports {
    fn of(source: &str) -> Self {
        let mut imports = Self::default();
        imports.visit_file(&syn::parse_file(source).expect("the crate compiles"));
        imports
    }

    fn add(&mut self, tree: &UseTree, path: &[String]) {
        match tree {
            UseTree::Path(next) => {
                let path = [path, &[next.ident.to_string()]].concat();
                self.add(&next.tree, &path);
            }
            UseTree::Name(name) => self.insert(&[path, &[name.ident.to_string()]].concat()),
            UseTree::Rename(name) => self.insert(&[path, &[name.ident.to_string()]].concat()),
            UseTree::Glob(_) => self.insert(path),
            UseTree::Group(group) => group.items.iter().for_each(|item| self.add(item, path)),
        }
    }

    fn insert(&mut self, path: &[String]) {
        if path.first().is_some_and(|root| root == "crate") {
            self.0.insert(path[1..].to_vec());
        }
    }
}

impl<'ast> Visit<'ast> for Imports {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.add(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments = path.segments.iter().map(|segment| segment.ident.to_string());
        self.insert(&segments.collect::<Vec<_>>());
        syn::visit::visit_path(self, path);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        // Tests may look anywhere.
        if !item.attrs.iter().any(|attribute| attribute.path().is_ident("cfg")
            && matches!(&attribute.meta, syn::Meta::List(list) if list.tokens.to_string().contains("test")))
        {
            syn::visit::visit_item_mod(self, item);
        }
    }
}

/// What is wrong with the imports of `file`, a path below `src`.
fn faults(file: &str, source: &str) -> Vec<String> {
    let parts: Vec<&str> = file.trim_end_matches(".rs").split('/').collect();
    let Some(own) = floor(parts[0]) else {
        return vec![format!("{file}: `{}` stands on no floor", parts[0])];
    };
    let mut faults = Vec::new();
    for path in Imports::of(source).0 {
        let Some(target) = path.first() else { continue };
        if target == parts[0] && target != "layers" {
            continue;
        }
        match floor(target) {
            None => faults.push(format!("{file}: `crate::{target}` stands on no floor")),
            Some(theirs) if theirs >= own => {
                faults.push(format!("{file} (floor {own}) imports `{target}` (floor {theirs})"));
            }
            Some(_) => {}
        }
    }
    faults
}

fn sources(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).expect("the sources are there") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn no_import_points_up_or_sideways() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 40, "all sources are found: {}", files.len());
    let mut found = Vec::new();
    for path in files {
        let file = path.strip_prefix(&root).expect("below").to_string_lossy().into_owned();
        if !matches!(&*file, "lib.rs" | "floors.rs")
            && !file.ends_with("tests.rs")
            && !file.contains("/tests/")
        {
            found.extend(faults(&file, &fs::read_to_string(&path).expect("readable")));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_way_of_pointing_up_is_found() {
    for (file, source) in [
        ("name.rs", "use crate::event::Event;"),
        ("outcome.rs", "use crate::{rng, layers::{timeout::TimeoutLayer}};"),
        ("name.rs", "fn f() { let _ = crate::window::Counts::default(); }"),
        ("name.rs", "use crate::budget::*;"),
        ("rng.rs", "use crate::name::Name;"),
        ("budget/token.rs", "use crate::event as e;"),
        ("layers/retry/future.rs", "use crate::layers::timeout::TimeoutLayer;"),
        ("layers/retry/future.rs", "use crate::timeout::TimeoutLayer;"),
        ("http/mod.rs", "use crate::unheard_of::Thing;"),
    ] {
        assert_eq!(faults(file, source).len(), 1, "{file}: {source}");
    }
    assert!(faults("layers/retry/future.rs", "use crate::{budget::RetryBudget, time};").is_empty());
}
