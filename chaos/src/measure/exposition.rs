/// A scrape of a `/metrics` route: the samples of the Prometheus text format.
///
/// Reads what an exporter writes and no more: a line that it cannot read is skipped,
/// because a metric that is absent must not end a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exposition {
    samples: Vec<Sample>,
}

#[derive(Clone, Debug, PartialEq)]
struct Sample {
    name: String,
    labels: Vec<(String, String)>,
    value: f64,
}

impl Exposition {
    /// Reads `text`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Self { samples: lines.filter_map(Sample::parse).collect() }
    }

    /// The sum of the samples called `name` that carry all of `labels`; `None`: there is none.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let mut values = self.matching(name, labels).map(|sample| sample.value).peekable();
        values.peek()?;
        Some(values.sum())
    }

    /// The distinct values of `label` among the samples called `name` with a value above zero.
    pub fn active(&self, name: &str, label: &str) -> Vec<&str> {
        let mut found: Vec<&str> = self
            .matching(name, &[])
            .filter(|sample| sample.value > 0.0)
            .filter_map(|sample| sample.label(label))
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    fn matching(&self, name: &str, labels: &[(&str, &str)]) -> impl Iterator<Item = &Sample> {
        self.samples.iter().filter(move |sample| {
            sample.name == name
                && labels.iter().all(|(key, value)| sample.label(key) == Some(*value))
        })
    }
}

impl Sample {
    fn parse(line: &str) -> Option<Self> {
        let (head, value) = match line.split_once('{') {
            Some(_) => {
                let close = line.rfind('}')?;
                (&line[..close], &line[close + 1..])
            }
            None => line.split_once(' ')?,
        };
        let (name, labels) = match head.split_once('{') {
            Some((name, labels)) => (name, parse_labels(labels)?),
            None => (head, Vec::new()),
        };
        // A timestamp may follow the value.
        let value = value.split_whitespace().next()?.parse().ok()?;
        Some(Self { name: name.trim().to_owned(), labels, value })
    }

    fn label(&self, key: &str) -> Option<&str> {
        let found = self.labels.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value.as_str())
    }
}

fn parse_labels(mut text: &str) -> Option<Vec<(String, String)>> {
    let mut labels = Vec::new();
    loop {
        text = text.trim_start_matches([',', ' ']);
        if text.is_empty() {
            return Some(labels);
        }
        let (key, rest) = text.split_once("=\"")?;
        let mut value = String::new();
        let mut chars = rest.char_indices();
        let end = loop {
            match chars.next()? {
                (end, '"') => break end,
                (_, '\\') => match chars.next()?.1 {
                    'n' => value.push('\n'),
                    other => value.push(other),
                },
                (_, other) => value.push(other),
            }
        };
        labels.push((key.to_owned(), value));
        text = &rest[end + 1..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# HELP user_lookups_total calls\n\
        # TYPE user_lookups_total counter\n\
        user_lookups_total{caller=\"order-guarded\"} 12\n\
        user_lookups_total{caller=\"order-bare\"} 10 1700000000\n\
        up 1\n\
        state{name=\"a \\\"quoted\\\", one\",state=\"open\"} 1\n\
        state{name=\"b\",state=\"closed\"} 0\n\
        not a sample\n";

    #[test]
    fn samples_are_summed_over_the_labels_that_are_not_asked_for() {
        let scrape = Exposition::parse(TEXT);
        assert_eq!(scrape.sum("user_lookups_total", &[("caller", "order-guarded")]), Some(12.0));
        assert_eq!(scrape.sum("user_lookups_total", &[]), Some(22.0));
        assert_eq!(scrape.sum("up", &[]), Some(1.0));
    }

    #[test]
    fn what_is_not_there_is_none_and_not_zero() {
        assert_eq!(Exposition::parse(TEXT).sum("missing", &[]), None);
        assert_eq!(Exposition::parse(TEXT).sum("up", &[("caller", "x")]), None);
    }

    #[test]
    fn quotes_and_commas_inside_a_label_are_read() {
        let scrape = Exposition::parse(TEXT);
        assert_eq!(scrape.sum("state", &[("name", "a \"quoted\", one")]), Some(1.0));
        assert_eq!(scrape.active("state", "state"), ["open"]);
    }
}
