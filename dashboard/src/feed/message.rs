//! The message of a tick, in the format of server-sent events.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Serialize;

use crate::view::Regions;

/// How long a browser waits before it connects anew, in milliseconds.
const RETRY: u32 = 1_000;

#[derive(Serialize)]
struct Message<'a> {
    build: &'a str,
    title: &'a str,
    announcement: &'a str,
    regions: BTreeMap<&'a str, &'a str>,
}

/// The messages of one tick.
#[derive(Clone, Debug, Default)]
pub(super) struct Messages {
    /// Everything, for a page that missed a tick.
    pub(super) all: Bytes,
    /// What differs from the tick before.
    pub(super) changed: Bytes,
}

impl Messages {
    /// The messages of the tick `number`, which came after the one that drew `before`.
    pub(super) fn new(build: &str, number: u64, regions: &Regions, before: &Regions) -> Self {
        let message = |differs: bool| {
            let parts = regions.html.iter();
            let parts = parts.filter(|(id, html)| !differs || before.html.get(*id) != Some(*html));
            let message = Message {
                build,
                title: &regions.title,
                announcement: &regions.announcement,
                regions: parts.map(|(id, html)| (id.as_str(), html.as_str())).collect(),
            };
            // JSON has no line ends outside of its texts, and those it escapes.
            let json = serde_json::to_string(&message).expect("it has only texts");
            format!("id: {number}\ndata: {json}\n\n")
        };
        Self {
            all: format!("retry: {RETRY}\n{}", message(false)).into(),
            changed: message(true).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{Bytes, Messages, Regions};

    fn regions(parts: &[(&str, &str)]) -> Regions {
        let html = parts.iter().map(|(id, html)| ((*id).to_owned(), (*html).to_owned())).collect();
        Regions { title: "a title".into(), announcement: "a word".into(), html }
    }

    /// The fields of a message, with its data read as JSON.
    fn read(message: &Bytes) -> (Vec<String>, Value) {
        let text = str::from_utf8(message).unwrap();
        assert!(text.ends_with("\n\n") && text.matches("\n\n").count() == 1, "{text:?}");
        let (fields, data): (Vec<_>, Vec<_>) =
            text.trim_end().lines().partition(|line| !line.starts_with("data: "));
        assert_eq!(data.len(), 1, "{text:?}");
        let json = data[0].strip_prefix("data: ").unwrap();
        (fields.into_iter().map(str::to_owned).collect(), serde_json::from_str(json).unwrap())
    }

    #[test]
    fn a_message_is_one_event_whatever_is_in_it() {
        let now = regions(&[("a", "one\n\ntwo\r\ndata: \"three\"")]);
        let messages = Messages::new("b1", 7, &now, &Regions::default());
        let (fields, data) = read(&messages.all);
        assert_eq!(fields, ["retry: 1000", "id: 7"]);
        assert_eq!(data["regions"]["a"], "one\n\ntwo\r\ndata: \"three\"");
        assert_eq!((&data["build"], &data["title"]), (&"b1".into(), &"a title".into()));
    }

    #[test]
    fn only_what_differs_is_sent_to_a_page_that_saw_the_tick_before() {
        let before = regions(&[("a", "1"), ("b", "1")]);
        let messages = Messages::new("b1", 8, &regions(&[("a", "1"), ("b", "2")]), &before);
        let (fields, data) = read(&messages.changed);
        assert_eq!(fields, ["id: 8"]);
        assert_eq!(data["regions"], serde_json::json!({ "b": "2" }));
        assert_eq!(read(&messages.all).1["regions"], serde_json::json!({ "a": "1", "b": "2" }));
    }
}
