//! Reads the text format of Prometheus.
//!
//! A crate for it brings a dozen others for what is forty lines here: the samples are visited
//! one by one, and nothing is kept of those that nobody asks for.

use std::borrow::Cow;

/// One sample.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample<'a> {
    pub(super) name: &'a str,
    labels: Labels<'a>,
    pub(super) value: f64,
}

impl Sample<'_> {
    /// The value of a label; empty when there is none, which in this format is the same.
    pub(super) fn label(&self, key: &str) -> &str {
        self.labels.iter().find(|(name, _)| *name == key).map_or("", |(_, value)| value)
    }
}

/// The samples in `text`; a line that cannot be read is left out.
pub(super) fn samples(text: &str) -> impl Iterator<Item = Sample<'_>> {
    text.lines().map(str::trim).filter(|line| !line.starts_with('#')).filter_map(sample)
}

fn sample(line: &str) -> Option<Sample<'_>> {
    let at = line.find(['{', ' '])?;
    let name = &line[..at];
    let (labels, rest) = match line[at..].strip_prefix('{') {
        Some(rest) => labels(rest)?,
        None => (Vec::new(), &line[at..]),
    };
    // A timestamp may follow the value.
    let value = rest.split_whitespace().next()?.parse().ok()?;
    Some(Sample { name, labels, value })
}

/// The names and values of labels.
type Labels<'a> = Vec<(&'a str, Cow<'a, str>)>;

/// The labels up to the closing brace, and what follows it.
fn labels(mut text: &str) -> Option<(Labels<'_>, &str)> {
    let mut labels = Vec::new();
    loop {
        text = text.trim_start_matches([',', ' ']);
        if let Some(rest) = text.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (key, rest) = text.split_once("=\"")?;
        let end = closing_quote(rest)?;
        labels.push((key.trim(), unescaped(&rest[..end])));
        text = &rest[end + 1..];
    }
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let closes = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        closes.then_some(at)
    })
}

fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        plain.push(match c {
            '\\' => match chars.next() {
                Some('n') => '\n',
                Some(other) => other,
                None => '\\',
            },
            other => other,
        });
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::samples;

    #[test]
    fn names_labels_and_values_are_read() {
        let text = "# TYPE calls counter\n\
            calls{route=\"/a\",status=\"200\"} 12\n\
            \n\
            times_bucket{le=\"+Inf\"} 3 1700000000\n\
            up 1\n";
        let found: Vec<_> = samples(text)
            .map(|s| (s.name.to_owned(), s.label("route").to_owned(), s.value))
            .collect();
        let expected = [("calls", "/a", 12.0), ("times_bucket", "", 3.0), ("up", "", 1.0)];
        assert_eq!(found, expected.map(|(name, route, value)| (name.into(), route.into(), value)));
    }

    #[test]
    fn quotes_braces_commas_and_line_ends_inside_a_label_are_read() {
        let text = r#"state{name="a \"b\", {c} \\ \n",state="open"} 1"#;
        let sample = samples(text).next().unwrap();
        assert_eq!(sample.label("name"), "a \"b\", {c} \\ \n");
        assert_eq!(sample.label("state"), "open");
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        let text = "not a sample\nx{a=\"b} 1\nx{a=\"b\"\nx{=\"\nx\n{} \nx NaNa\nok 2\n";
        assert_eq!(samples(text).map(|s| s.name).collect::<Vec<_>>(), ["ok"]);
    }
}
