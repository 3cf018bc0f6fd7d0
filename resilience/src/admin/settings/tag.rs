use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

use http::{HeaderMap, HeaderValue, header::IF_MATCH};
use serde_json::Value;

use crate::wire::SettingsState;

/// What settings are told apart by, as the text of an entity tag.
///
/// It is made of the settings and not of a count of changes, so that those that somebody changes in
/// code, or by a command, are told apart as well, and a change that was taken back is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tag(String);

impl Tag {
    /// Of the policy's number too: the same settings of another policy are not these. Nor is the
    /// limit of one layer the same limit set for all.
    pub(super) fn of(state: &SettingsState<Value>, is_of_all_layers: bool) -> Self {
        let text = serde_json::to_string(state).expect("it is made of JSON");
        let hasher = BuildHasherDefault::<DefaultHasher>::default();
        let hash = hasher.hash_one((text, is_of_all_layers));
        Self(format!("\"{hash:016x}\""))
    }

    pub(super) fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).expect("digits in quotes")
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

/// The settings that a client is about to replace, as it knows them.
#[derive(Debug)]
pub(super) struct IfMatch(Option<Vec<String>>);

impl IfMatch {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        if !headers.contains_key(IF_MATCH) {
            return Self(None);
        }
        let values = headers.get_all(IF_MATCH).iter().filter_map(|value| value.to_str().ok());
        let tags = values.flat_map(|value| value.split(',')).map(|tag| tag.trim().to_owned());
        Self(Some(tags.collect()))
    }

    /// Whether the settings called `tag` may be replaced. A weak tag is none of these.
    pub(super) fn admits(&self, tag: &Tag) -> bool {
        let Some(known) = &self.0 else { return true };
        known.iter().any(|known| known == "*" || *known == tag.0)
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, header::IF_MATCH};

    use super::{IfMatch, Tag};

    #[test]
    fn a_client_that_names_other_settings_is_told_from_one_that_names_none() {
        let tag = Tag("\"0123456789abcdef\"".to_owned());
        for (headers, admits) in [
            (&[][..], true),
            (&["*"], true),
            (&["\"0123456789abcdef\""], true),
            (&["\"1\" , \"0123456789abcdef\""], true),
            (&["\"1\"", "\"0123456789abcdef\""], true),
            (&["\"1\""], false),
            (&["W/\"0123456789abcdef\""], false),
            (&["0123456789abcdef"], false),
            (&[""], false),
        ] {
            let mut map = HeaderMap::new();
            for header in headers {
                map.append(IF_MATCH, header.parse().unwrap());
            }
            assert_eq!(IfMatch::of(&map).admits(&tag), admits, "{headers:?}");
        }
    }
}
