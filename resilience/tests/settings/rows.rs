//! The settings as tables of Markdown.

use std::fmt::Write as _;

use serde_json::Value;

/// The settings of one policy.
pub(crate) struct Section {
    pub(crate) name: String,
    text: String,
    pub(crate) rows: Vec<Row>,
}

/// One setting.
pub(crate) struct Row {
    /// With the names of the tables that it lies in, and the kind that it belongs to.
    pub(crate) name: String,
    pub(crate) kind: String,
    range: String,
    default: String,
    pub(crate) text: String,
}

pub(crate) fn sections(schema: &Value) -> Vec<Section> {
    sorted(&schema["properties"])
        .into_iter()
        .map(|(name, section)| {
            let mut rows = Vec::new();
            for (field, schema) in sorted(&section["anyOf"][0]["properties"]) {
                add(field, schema, &mut rows);
            }
            Section { name: name.clone(), text: text(section), rows }
        })
        .collect()
}

pub(crate) fn page(schema: &Value, how: &str) -> String {
    let mut page = format!(
        "# Settings\n\n\
         The settings of the layers as data, as `resilience::settings::StackSettings` reads them. This\n\
         page is made from [settings.schema.json](settings.schema.json), and that from the types:\n\n\
         ```sh\n{how}\n```\n\n\
         Every setting may be left out, and means its default then. A section that is left out is off, \
         unless\nthe preset has it; the word `\"off\"` in its place switches it off. A range without a \
         second end has none.\n"
    );
    for section in sections(schema) {
        let _ = write!(page, "\n## `{}`\n\n{}\n", section.name, section.text);
        if section.rows.is_empty() {
            let kinds = choices(&schema["properties"][&section.name]);
            page.push_str("\n| word | what it does |\n|---|---|\n");
            for kind in kinds.iter().filter(|kind| kind["const"].is_string()) {
                let _ = writeln!(page, "| `{}` | {} |", kind["const"], text(kind));
            }
            continue;
        }
        page.push_str(
            "\n| setting | type | range | default | what it does |\n|---|---|---|---|---|\n",
        );
        for row in section.rows {
            let Row { name, kind, range, default, text } = row;
            let _ = writeln!(page, "| {name} | {kind} | {range} | {default} | {text} |");
        }
    }
    page
}

fn add(name: &str, schema: &Value, rows: &mut Vec<Row>) {
    let default = match &schema["default"] {
        Value::Null => String::new(),
        default => format!("`{default}`"),
    };
    rows.push(Row {
        name: format!("`{name}`"),
        kind: kind(schema),
        range: range(schema),
        default,
        text: text(schema),
    });
    for choice in choices(schema) {
        let tag = choice["properties"]["kind"]["const"].as_str();
        for (field, schema) in sorted(&choice["properties"]).into_iter().filter(|it| it.0 != "kind")
        {
            let first = rows.len();
            add(&format!("{name}.{field}"), schema, rows);
            let row = &mut rows[first];
            // A table with one field has its words at the table.
            if row.text.is_empty() {
                row.text = text(choice);
            }
            if let Some(tag) = tag {
                let _ = write!(row.name, " of {tag}");
            }
        }
    }
}

/// The kinds that a value may be of; nothing but the schema itself where there is one kind.
fn choices(schema: &Value) -> Vec<&Value> {
    let inner: Vec<&Value> = ["anyOf", "oneOf"]
        .into_iter()
        .filter_map(|word| schema[word].as_array())
        .flatten()
        .chain(schema.get("items"))
        .flat_map(choices)
        .collect();
    if inner.is_empty() { vec![schema] } else { inner }
}

fn kind(schema: &Value) -> String {
    let mut kinds: Vec<String> = Vec::new();
    for choice in choices(schema) {
        let kind = match &choice["const"] {
            Value::String(word) => format!("`\"{word}\"`"),
            _ => match choice["properties"]["kind"]["const"].as_str() {
                Some(tag) => format!("`{tag}`"),
                None => plain(choice),
            },
        };
        if !kind.is_empty() && !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    if let Some(word) = schema["x-word"].as_str() {
        kinds.push(format!("`\"{word}\"`"));
    }
    let kinds = kinds.join(", ");
    if schema["items"].is_object() { format!("list of {kinds}") } else { kinds }
}

fn plain(schema: &Value) -> String {
    let is = |kind: &str| match &schema["type"] {
        Value::Array(kinds) => kinds.iter().any(|known| known == kind),
        known => known == kind,
    };
    let names = [
        ("integer", "whole number"),
        ("number", "number"),
        ("boolean", "true or false"),
        ("object", "table"),
    ];
    let name = match schema["x-unit"].as_str() {
        Some(unit) => unit,
        None => names.into_iter().find(|(kind, _)| is(kind)).map_or("", |(_, name)| name),
    };
    name.to_owned()
}

fn range(schema: &Value) -> String {
    let shown = |value: &Value| match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    let least = [("x-minimum", ""), ("minimum", ""), ("exclusiveMinimum", "above ")];
    let least = least
        .into_iter()
        .find_map(|(word, above)| Some(format!("{above}{}", shown(schema.get(word)?))));
    let most = ["x-maximum", "maximum"].into_iter().find_map(|word| schema.get(word)).map(shown);
    match (least, most) {
        (Some(least), Some(most)) => format!("{least} to {most}"),
        (Some(least), None) => format!("{least} on"),
        _ => String::new(),
    }
}

fn text(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().replace('|', "\\|")
}

/// The entries by name, whatever order the build keeps them in.
fn sorted(table: &Value) -> Vec<(&String, &Value)> {
    let mut entries: Vec<_> = table.as_object().into_iter().flatten().collect();
    entries.sort_by_key(|entry| entry.0);
    entries
}
