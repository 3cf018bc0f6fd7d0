use std::fmt::{self, Display, Write as _};

use crate::row::Row;

/// The rows of one case as Markdown.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut text = String::new();
    let Some(first) = rows.first() else { return text };
    let bound = rows.iter().find_map(|row| row.bound);
    let bound = bound.map_or(String::new(), |bound| format!(" (bound {})", Number(bound)));
    _ = writeln!(text, "\n### {}{bound}\n", first.title);
    text.push_str(head(first));
    for row in rows {
        _ = writeln!(text, "{}", line(row));
    }
    text
}

fn head(first: &Row) -> &'static str {
    if first.bytes.is_some() {
        "| subject | bytes |\n|---|---|\n"
    } else if first.added_ns.is_some() {
        "| subject | ns | p10 | p90 | added ns | in 95 of 100 cases |\n|---|---|---|---|---|---|\n"
    } else if first.thread_ratio.is_some() {
        "| subject | two threads over one | p10 | p90 |\n|---|---|---|---|\n"
    } else {
        "| subject | ns | p10 | p90 | of ours | instructions | allocations | clock reads |\n\
         |---|---|---|---|---|---|---|---|\n"
    }
}

fn line(row: &Row) -> String {
    let subject = &row.subject;
    let (p10, p90) = (Maybe(row.p10), Maybe(row.p90));
    if let Some(bytes) = row.bytes {
        return format!("| {subject} | {bytes} |");
    }
    if let Some(ratio) = row.thread_ratio {
        let note = if row.shared_cores { " (less than two cores)" } else { "" };
        return format!("| {subject} | {}{note} | {p10} | {p90} |", Number(ratio));
    }
    let median = Maybe(row.median_ns);
    if let Some((low, high)) = row.interval {
        let (low, high, added) = (Number(low), Number(high), Maybe(row.added_ns));
        return format!("| {subject} | {median} | {p10} | {p90} | {added} | {low} to {high} |");
    }
    format!(
        "| {subject} | {median} | {p10} | {p90} | {} | {} | {} | {} |",
        Maybe(row.times_ours),
        Maybe(row.instructions),
        Maybe(row.allocations),
        Maybe(row.clock_reads),
    )
}

/// A number with as many digits as it is worth.
pub(crate) struct Number(pub(crate) f64);

impl Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = match self.0.abs() {
            size if size >= 100.0 => 0,
            size if size >= 10.0 => 1,
            _ => 2,
        };
        let text = format!("{:.digits$}", self.0);
        let short = if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.')
        } else {
            &text
        };
        f.write_str(if short == "-0" { "0" } else { short })
    }
}

struct Maybe(Option<f64>);

impl Display for Maybe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(number) => Number(number).fmt(f),
            None => f.write_str("-"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Number;

    #[test]
    fn a_number_has_as_many_digits_as_it_is_worth() {
        let shown =
            [0.0, -0.001, 1.25, 12.34, 1234.5, 3.0].map(|number| Number(number).to_string());
        assert_eq!(shown, ["0", "0", "1.25", "12.3", "1234", "3"]);
    }
}
