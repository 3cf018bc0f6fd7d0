/// The width of what is written for people: that of a terminal nobody has made wider.
pub(super) const WIDTH: usize = 80;

/// Breaks `text` between words into lines of at most [`WIDTH`] columns. The first begins with
/// `first`, the others with as many blanks; a word that is longer stands alone.
pub(super) fn wrap(first: &str, text: &str) -> String {
    let indent = first.chars().count();
    let mut wrapped = first.to_owned();
    let mut column = indent;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > indent {
            if column + 1 + length > WIDTH {
                wrapped.push('\n');
                wrapped.push_str(&" ".repeat(indent));
                column = indent;
            } else {
                wrapped.push(' ');
                column += 1;
            }
        }
        wrapped.push_str(word);
        column += length;
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_the_width_and_begin_below_each_other() {
        let text = wrap("  ok: ", &"word ".repeat(40));
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(text.starts_with("  ok: word word") && text.contains("\n      word"), "{text}");
        assert_eq!(text.split_whitespace().count(), 41);
    }

    #[test]
    fn a_word_that_is_too_long_stands_alone() {
        let long = "x".repeat(100);
        assert_eq!(wrap("- ", &format!("a {long} b")), format!("- a\n  {long}\n  b"));
    }
}
