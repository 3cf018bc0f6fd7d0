//! The reference of the settings, `docs/reference/settings.schema.json` and `settings.md`: made from
//! the types, and committed, so that editors and people have it without a build.

mod rows;

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use resilience::settings::StackSettings;
use serde_json::Value;

const HOW: &str = "UPDATE_SCHEMA=1 cargo test -p tower-bulwark --all-features --test settings";

/// Where the reference lies; a package of the crate alone has none.
fn reference() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference");
    folder.is_dir().then_some(folder)
}

fn schema() -> Value {
    serde_json::to_value(StackSettings::schema()).expect("a schema is JSON")
}

/// Asks that `file` holds `text`, or writes it when it is told to.
fn assert_committed(file: &str, text: &str, is_same: impl Fn(&str) -> bool) {
    let Some(path) = reference().map(|folder| folder.join(file)) else { return };
    if env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(&path, text).expect("the reference can be written");
    }
    let known = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        is_same(&known),
        "docs/reference/{file} is not what the types say. To renew it:\n{HOW}"
    );
}

#[test]
fn the_schema_is_the_one_that_is_committed() {
    let schema = schema();
    let text = serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n";
    // By value: the order of names depends on what else is in the build.
    assert_committed("settings.schema.json", &text, |known| {
        serde_json::from_str::<Value>(known).is_ok_and(|known| known == schema)
    });
}

#[test]
fn the_table_of_settings_is_the_one_that_is_committed() {
    let text = rows::page(&schema(), HOW);
    assert_committed("settings.md", &text, |known| known == text);
}

#[test]
fn every_setting_says_what_it_does() {
    for section in rows::sections(&schema()) {
        assert!(!section.rows.is_empty() || section.name == "preset", "{}", section.name);
        for row in section.rows {
            assert!(row.text.ends_with('.'), "{}.{}: {:?}", section.name, row.name, row.text);
            assert!(!row.kind.is_empty(), "{}.{}", section.name, row.name);
        }
    }
}
