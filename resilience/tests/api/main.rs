//! The public API as text, `api.txt`: who changes it sees so, and says so.
//!
//! It is read from the sources, so that it needs no other compiler, and holds for all features at
//! once. What a macro makes is not seen.

mod impls;
mod item;
mod list;
mod source;
mod text;

use std::{env, fs, path::Path};

use list::Api;
use source::Sources;

const HOW: &str = "UPDATE_API=1 cargo test -p tower-bulwark --test api";

#[test]
fn the_public_api_is_the_one_that_was_written_down() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = Sources::read(&root.join("src"));
    let api = format!("# The public API. After a change on purpose: {HOW}\n{}", Api::of(&sources));
    let file = root.join("api.txt");
    if env::var_os("UPDATE_API").is_some() {
        fs::write(&file, &api).expect("api.txt can be written");
    }
    let known = fs::read_to_string(&file).unwrap_or_default();
    let changes = text::changes(&known, &api);
    assert!(changes.is_empty(), "the public API has changed:\n{changes}\nif on purpose: {HOW}");
}

/// What the listing makes of one module.
fn listed(source: &str) -> String {
    Api::of(&Sources::of_one(source)).to_string()
}

#[test]
fn every_kind_of_change_shows() {
    let before = listed(BEFORE);
    for (was, becomes) in [
        ("pub fn new(limit: u32)", "pub fn new(limit: u64)"),
        ("pub fn new(limit: u32)", "pub(crate) fn new(limit: u32)"),
        ("pub a: u8", "a: u8"),
        ("One,", "One, Three,"),
        ("#[non_exhaustive]", ""),
        ("derive(Clone)", "derive(Clone, Copy)"),
        ("fn ask(&self) -> bool;", "fn ask(&self) -> bool { true }"),
        ("impl Ask for Thing", "impl Ask for Other"),
        ("type Item = u8;", "type Item = u16;"),
        ("T: Clone", "T: Copy"),
        ("feature = \"http\"", "feature = \"wire\""),
        ("pub use inner::Hidden;", ""),
        ("pub const MOST: u32 = 1;", "pub const MOST: u64 = 1;"),
    ] {
        assert!(BEFORE.contains(was), "{was}");
        assert_ne!(listed(&BEFORE.replacen(was, becomes, 1)), before, "{was} -> {becomes}");
    }
}

#[test]
fn what_nobody_outside_can_see_does_not_show() {
    let before = listed(BEFORE);
    for (was, becomes) in [
        ("b: u16", "b: u32"),
        ("limit + 1", "limit + 2"),
        ("more(self)", "more(mut self)"),
        ("fn secret(", "fn secrets("),
        ("struct Private;", "struct Private { a: u8 }"),
        ("pub const MOST: u32 = 1;", "pub const MOST: u32 = 2;"),
        ("/// A thing.", "/// A thing, said otherwise."),
    ] {
        assert!(BEFORE.contains(was), "{was}");
        assert_eq!(listed(&BEFORE.replacen(was, becomes, 1)), before, "{was} -> {becomes}");
    }
}

const BEFORE: &str = r#"
mod inner {
    pub struct Hidden;
    struct Private;
    impl super::Ask for Private { fn ask(&self) -> bool { false } }
}
pub use inner::Hidden;
/// A thing.
#[derive(Clone)]
pub struct Thing { pub a: u8, b: u16 }
impl Thing {
    pub const MOST: u32 = 1;
    pub fn new(limit: u32) -> Self { let b = limit + 1; Self { a: 0, b: 0 } }
    pub fn more(self) -> Self { self }
    fn secret(&self) {}
}
pub struct Other;
impl Iterator for Other { type Item = u8; fn next(&mut self) -> Option<u8> { None } }
#[non_exhaustive]
pub enum Choice { One, Two { share: f64 } }
pub trait Ask { fn ask(&self) -> bool; }
impl Ask for Thing { fn ask(&self) -> bool { true } }
#[cfg(feature = "http")]
pub fn copy<T: Clone>(it: &T) -> T { it.clone() }
"#;
