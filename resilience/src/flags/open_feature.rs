use std::fmt;

use ::open_feature::{Client, EvaluationContext, EvaluationErrorCode, StructValue, Value};
use serde_json::Value as Json;

use super::{
    document::Document,
    set::{FlagError, FlagSet},
    source::FlagSource,
};

/// Flags from a provider of [OpenFeature](https://openfeature.dev).
///
/// Each key is a flag, whose value is an object, or a text with JSON, of the shape of
/// [`Flag`](crate::wire::Flag). A key that the provider does not know, an empty text, and an object
/// without members mean that there is no such flag. Whom a flag is for says the flag itself, by
/// path, method or header: it is evaluated for the process and not for each request.
///
/// A provider that fails in any other way keeps what it said before.
pub struct OpenFeatureFlags {
    client: Client,
    name: String,
    keys: Vec<String>,
    context: EvaluationContext,
}

impl OpenFeatureFlags {
    /// Asks `client` for the flags called `keys`, as the source called `name`.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        client: Client,
        keys: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            name: name.into(),
            client,
            keys: keys.into_iter().map(Into::into).collect(),
            context: EvaluationContext::default(),
        }
    }

    /// Tells the provider of `context`, such as in which region the process runs.
    #[must_use]
    pub fn context(mut self, context: EvaluationContext) -> Self {
        self.context = context;
        self
    }

    async fn value(&self, key: &str) -> Result<Option<Json>, FlagError> {
        let context = Some(&self.context);
        match self.client.get_string_value(key, context, None).await {
            Ok(text) if text.trim().is_empty() => return Ok(None),
            Ok(text) => {
                let parsed = serde_json::from_str(&text).map(Some);
                return parsed.map_err(|error| FlagError::new(format!("{key}: {error}")));
            }
            Err(error) if error.code == EvaluationErrorCode::FlagNotFound => return Ok(None),
            // Whatever it says: one that has objects may have no texts.
            Err(_) => {}
        }
        match self.client.get_struct_value::<StructValue>(key, context, None).await {
            Ok(object) if object.fields.is_empty() => Ok(None),
            Ok(object) => Ok(Some(json(Value::Struct(object)))),
            Err(error) if error.code == EvaluationErrorCode::FlagNotFound => Ok(None),
            Err(error) => {
                let why = error.message.unwrap_or_default();
                Err(FlagError::new(format!("{key}: {} {why}", error.code)))
            }
        }
    }
}

impl FlagSource for OpenFeatureFlags {
    fn name(&self) -> &str {
        &self.name
    }

    async fn flags(&mut self) -> Result<FlagSet, FlagError> {
        let mut given = Document::default();
        for key in &self.keys {
            given.flags.extend(self.value(key).await?.map(|value| (key.clone(), value)));
        }
        FlagSet::read(given)
    }
}

impl fmt::Debug for OpenFeatureFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("OpenFeatureFlags");
        shown.field("name", &self.name).field("keys", &self.keys).finish_non_exhaustive()
    }
}

fn json(value: Value) -> Json {
    match value {
        Value::Bool(value) => value.into(),
        Value::Int(value) => value.into(),
        Value::Float(value) => value.into(),
        Value::String(value) => value.into(),
        Value::Array(values) => values.into_iter().map(json).collect(),
        Value::Struct(object) => {
            let fields = object.fields.into_iter();
            Json::Object(fields.map(|(name, value)| (name, json(value))).collect())
        }
    }
}
