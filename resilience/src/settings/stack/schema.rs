use schemars::{Schema, generate::SchemaSettings, transform::RecursiveTransform};

use super::StackSettings;

impl StackSettings {
    /// The JSON schema of these settings, as in `docs/reference/settings.schema.json`.
    ///
    /// JSON schema has no words for the range of a duration: it is in `x-minimum` and `x-maximum`.
    /// A word that stands beside numbers or durations is in `x-word`.
    ///
    /// # Examples
    ///
    /// ```
    /// use resilience::settings::StackSettings;
    ///
    /// let schema = StackSettings::schema();
    /// let limit = schema.pointer("/properties/deadline/anyOf/0/properties/limit").expect("there");
    /// assert_eq!(limit["x-unit"], "duration");
    /// ```
    #[must_use]
    pub fn schema() -> Schema {
        SchemaSettings::draft2020_12()
            // Who reads of one setting wants to see all of it.
            .with(|settings| settings.inline_subschemas = true)
            .with_transform(RecursiveTransform(tidy))
            .into_generator()
            .into_root_schema_for::<Self>()
    }
}

/// Leaves of a schema what somebody who writes settings can use.
fn tidy(schema: &mut Schema) {
    // The examples further down are Rust.
    if let Some(text) = schema.get("description").and_then(|text| text.as_str()) {
        let first = text.split("\n\n").next().unwrap_or_default().replace('\n', " ");
        schema.insert("description".to_owned(), first.into());
    }
    // The width of the field in Rust.
    schema.remove("format");
    // A pattern says nothing of numbers, so that it can stand beside them.
    let is_time = schema.get("x-unit").is_some();
    let word = schema.get("x-word").and_then(|word| word.as_str());
    let pattern = match (is_time, word) {
        (true, Some(word)) => Some(format!("^([0-9].*|{word})$")),
        (true, None) => Some("^[0-9]".to_owned()),
        (false, Some(word)) => Some(format!("^{word}$")),
        (false, None) => None,
    };
    if let Some(pattern) = pattern {
        schema.insert("pattern".to_owned(), pattern.into());
    }
    let Some(choices) = schema.get_mut("anyOf").and_then(|choices| choices.as_array_mut()) else {
        return;
    };
    // A choice among choices is one.
    for choice in std::mem::take(choices) {
        match choice.get("anyOf").and_then(|inner| inner.as_array()) {
            Some(inner) => choices.extend(inner.iter().cloned()),
            None => choices.push(choice),
        }
    }
}
