mod hostile;
mod live;
mod mistakes;
mod presets;
mod ranges;
mod round_trip;
mod setters;
mod stack;

use serde_json::Value;

use super::{Given, SettingsErrors, StackSettings};

fn check(document: &Value) -> Result<StackSettings, SettingsErrors> {
    let given: Given<StackSettings> = serde_json::from_value(document.clone()).unwrap();
    given.check("")
}

/// What is in force by `document`, as an operator sees it.
fn in_force(document: &Value) -> Value {
    let name = crate::name::Name::from_static("settings-test");
    let settings = check(document).unwrap_or_else(|errors| panic!("{document}: {errors}"));
    serde_json::to_value(settings.build(name).unwrap().settings()).unwrap()
}

/// The mistakes in `document` as lines.
fn mistakes(document: &Value) -> Vec<String> {
    check(document).err().into_iter().flatten().map(|error| error.to_string()).collect()
}
