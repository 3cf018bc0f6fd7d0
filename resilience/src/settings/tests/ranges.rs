//! Holds what the schema says of each setting to what the builders do.

use std::{slice, time::Duration};

use serde_json::{Map, Value, json};

use super::{check, in_force};
use crate::{name::Name, settings::StackSettings};

/// One setting of the schema, and what a document needs beside it.
struct Setting {
    /// Such as `circuit_breaker`, `window`, `size`.
    path: Vec<String>,
    schema: Value,
    /// What else each table on the way needs, from the section on.
    beside: Vec<Map<String, Value>>,
}

fn settings() -> Vec<Setting> {
    let schema = serde_json::to_value(StackSettings::schema()).unwrap();
    let mut found = Vec::new();
    for (name, section) in schema["properties"].as_object().unwrap() {
        if let Some(table) = section.pointer("/anyOf/0/properties").and_then(Value::as_object) {
            for (field, schema) in table {
                collect(&[name.clone(), field.clone()], schema, &[Map::new()], &mut found);
            }
        }
    }
    found
}

fn collect(path: &[String], schema: &Value, beside: &[Map<String, Value>], to: &mut Vec<Setting>) {
    to.push(Setting { path: path.to_vec(), schema: schema.clone(), beside: beside.to_vec() });
    for kind in choices(schema) {
        let Some(table) = kind["properties"].as_object() else { continue };
        let samples: Map<String, Value> = kind["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(|name| (name.to_owned(), sample(name, &table[name])))
            .collect();
        for (field, schema) in table {
            let path = [path, slice::from_ref(field)].concat();
            let beside = [beside, slice::from_ref(&samples)].concat();
            collect(&path, schema, &beside, to);
        }
    }
}

/// The kinds that a value may be of, nested ones too.
fn choices(schema: &Value) -> Vec<&Value> {
    if schema["properties"].is_object() {
        return vec![schema];
    }
    let inner = ["anyOf", "oneOf"].into_iter().filter_map(|word| schema[word].as_array()).flatten();
    inner.chain(schema.get("items")).flat_map(choices).collect()
}

/// A value that fits beside any other.
fn sample(name: &str, schema: &Value) -> Value {
    match schema {
        schema if schema["const"].is_string() => schema["const"].clone(),
        schema if schema["x-unit"].is_string() => schema["x-maximum"].clone(),
        // Others are a part of it.
        schema if name == "of" => schema["maximum"].clone(),
        schema if schema["minimum"].is_number() => schema["minimum"].clone(),
        schema if schema["maximum"].is_number() => schema["maximum"].clone(),
        schema => {
            let kind = choices(schema)[0];
            let fields = kind["properties"].as_object().unwrap();
            fields.iter().map(|(name, schema)| (name.clone(), sample(name, schema))).collect()
        }
    }
}

impl Setting {
    fn document(&self, value: Option<&Value>) -> Value {
        let mut inner = value.cloned();
        for (name, beside) in self.path[1..].iter().zip(&self.beside).rev() {
            let mut table = beside.clone();
            match inner {
                Some(inner) if name == "rules" => table.insert(name.clone(), json!([inner])),
                Some(inner) => table.insert(name.clone(), inner),
                None => None,
            };
            inner = Some(table.into());
        }
        let mut document = json!({ "retry": {}, &self.path[0]: inner });
        let description = self.schema["description"].as_str().unwrap_or_default();
        for (start, kind) in [("Token:", "token"), ("Share:", "share"), ("Cost:", "cost")] {
            if description.starts_with(start) {
                document["budget"]["kind"] = kind.into();
            }
        }
        if self.path[0] == "circuit_breaker" && self.path[1] != "slow_call" {
            document["circuit_breaker"]["slow_call"] = json!({ "at_least": "1s" });
        }
        if self.path == ["timeout", "spare_last_attempt"] {
            document["timeout"]["limit"] = "1s".into();
            document["deadline"] = json!({ "limit": "2s" });
        }
        if self.path == ["circuit_breaker", "failure_rate"] && value == Some(&json!("off")) {
            document["circuit_breaker"]["consecutive_failures"] = 1.into();
        }
        document
    }

    fn accepts(&self, value: &Value) -> bool {
        let document = self.document(Some(value));
        let part = format!("{}.{}", self.path[0], self.path[1]);
        match check(&document) {
            Ok(_) => true,
            Err(errors) => {
                let own = errors.iter().all(|error| error.path().starts_with(&part));
                assert!(own, "{document}: {errors}");
                false
            }
        }
    }

    fn assert(&self, value: &Value, is_accepted: bool) {
        let path = self.path.join(".");
        assert_eq!(self.accepts(value), is_accepted, "{path} = {value}, as the schema says");
    }
}

fn time(text: &Value) -> Option<Duration> {
    humantime::parse_duration(text.as_str()?).ok()
}

fn text(time: Duration) -> Value {
    humantime::format_duration(time).to_string().into()
}

#[test]
fn every_range_of_the_schema_is_the_one_that_is_checked() {
    const TICK: Duration = Duration::from_nanos(1);
    let mut edges = 0;
    for setting in settings() {
        let schema = &setting.schema;
        let is_whole = schema["type"].to_string().contains("integer");
        let step = if is_whole { 1.0 } else { 1e-9 };
        let number = |value: f64| {
            #[expect(clippy::cast_possible_truncation, reason = "edges are small or exact")]
            if is_whole { json!(value as i64) } else { json!(value) }
        };
        for (word, outwards) in [("minimum", -step), ("maximum", step)] {
            if let Some(edge) = schema[word].as_f64() {
                setting.assert(&number(edge), true);
                setting.assert(&number(edge + outwards), false);
                edges += 1;
            }
        }
        if let Some(edge) = schema["exclusiveMinimum"].as_f64() {
            setting.assert(&number(edge), false);
            setting.assert(&number(edge + step), true);
            edges += 1;
        }
        if let Some(least) = time(&schema["x-minimum"]) {
            setting.assert(&text(least), true);
            if let Some(less) = least.checked_sub(TICK) {
                setting.assert(&text(less), false);
            }
            edges += 1;
        }
        if let Some(most) = time(&schema["x-maximum"]) {
            setting.assert(&text(most), true);
            setting.assert(&text(most + TICK), false);
            edges += 1;
        }
        if schema["x-word"].is_string() {
            setting.assert(&schema["x-word"], true);
        }
    }
    assert!(edges > 60, "{edges} edges were tried");
}

/// What is in force by `document`. A longest open wait that is by default is not among it, because
/// it follows from the first one: so it is asked for.
fn means(document: &Value) -> (Value, Option<Duration>) {
    let mut shown = in_force(document);
    if let Some(Value::Object(growth)) = shown.pointer_mut("/circuit_breaker/open_growth") {
        growth.remove("at_most");
    }
    let stack = check(document).unwrap().build(Name::from_static("settings-test")).unwrap();
    (shown, stack.breaker().map(|breaker| breaker.config().open_for_at_most()))
}

#[test]
fn every_default_of_the_schema_is_what_an_absent_setting_means() {
    let mut defaults = 0;
    for setting in settings() {
        if let Some(default) = setting.schema.get("default") {
            let given = means(&setting.document(Some(default)));
            let path = setting.path.join(".");
            assert_eq!(given, means(&setting.document(None)), "{path} = {default}");
            defaults += 1;
        }
    }
    assert!(defaults > 30, "{defaults} defaults were tried");
}

#[test]
fn every_number_and_duration_of_the_schema_has_a_range() {
    for setting in settings() {
        let (path, schema) = (setting.path.join("."), &setting.schema);
        let kind = schema["type"].to_string();
        if kind.contains("integer") || kind.contains("number") {
            assert!(schema["maximum"].is_number(), "{path}");
        }
        if schema["x-unit"].is_string() {
            assert!(schema["x-minimum"].is_string(), "{path}");
        }
    }
}
