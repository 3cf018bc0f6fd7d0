//! Code as one line of text, whatever its layout was.

use std::fmt::Write;

use quote::ToTokens;

/// The tokens of `code` with as few blanks as can be read.
pub(crate) fn plain(code: &impl ToTokens) -> String {
    let tokens = code.to_token_stream().to_string();
    let mut text = String::new();
    let mut rest = tokens.split_whitespace().peekable();
    while let Some(word) = rest.next() {
        text += word;
        let Some(next) = rest.peek() else { break };
        let is_word =
            |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || "_'\"".contains(c));
        if is_word(word.chars().last()) && is_word(next.chars().next()) {
            text.push(' ');
        }
    }
    let text = text.replace("->", " -> ").replace("::", "\u{1}").replace(':', ": ");
    let text = text.replace(',', ", ").replace('+', " + ").replace('=', " = ");
    let text =
        text.replace(", )", ")").replace(", >", ">").replace(", }", " }").replace(", ]", "]");
    // An angle that closes, and a word after it.
    let mut spaced = String::new();
    let mut last = ' ';
    for c in text.chars() {
        if ">)]}".contains(last) && (c.is_alphanumeric() || c == '{') && !spaced.ends_with("# ") {
            spaced.push(' ');
        }
        spaced.push(c);
        last = c;
    }
    // What a function does with its own value is its own affair.
    let spaced = spaced.replace("(mut self", "(self");
    spaced.replace('\u{1}', "::").trim_end_matches([' ', ',']).to_owned()
}

/// The lines that have gone, with a minus, and those that have come, with a plus.
pub(crate) fn changes(was: &str, is: &str) -> String {
    let mut text = String::new();
    let (old, new) = (with_owners(was), with_owners(is));
    for line in old.iter().filter(|line| !new.contains(line)) {
        _ = writeln!(text, "- {line}");
    }
    for line in new.iter().filter(|line| !old.contains(line)) {
        _ = writeln!(text, "+ {line}");
    }
    if text.is_empty() && was != is {
        text += "the order of the lines\n";
    }
    text
}

/// Each line, and before a member what it belongs to.
fn with_owners(text: &str) -> Vec<String> {
    let mut owner = "";
    let mut lines = Vec::new();
    for line in text.lines() {
        if let Some(member) = line.strip_prefix("    ") {
            lines.push(format!("{owner} | {member}"));
        } else {
            owner = line;
            lines.push(line.to_owned());
        }
    }
    lines
}
