use std::time::Duration;

use maud::{Markup, html};

use crate::analysis::Verdict;
use crate::experiment::Group;

/// A share in percent. What is not the whole is never shown as the whole.
pub(super) fn percent(share: f64) -> String {
    let tenths = (share * 1_000.0).round();
    let tenths = if share < 1.0 { tenths.min(999.0) } else { tenths };
    format!("{} %", tenths / 10.0)
}

/// `part / of`; zero when there is nothing to take a part of.
#[expect(clippy::cast_precision_loss, reason = "a run has far fewer than 2^52 calls")]
pub(super) fn share(part: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { part as f64 / of as f64 }
}

/// Milliseconds as text, in seconds from the first on.
pub(super) fn time(ms: f64) -> String {
    if ms >= 999.95 {
        format!("{} s", (ms / 10.0).round() / 100.0)
    } else if ms >= 100.0 {
        format!("{} ms", ms.round())
    } else {
        format!("{} ms", (ms * 10.0).round() / 10.0)
    }
}

/// A place on the paper, to a tenth of a unit.
pub(super) fn place(at: f64) -> String {
    // Adding zero turns a rounded -0.0 into 0.0.
    let at = (at * 10.0).round() / 10.0 + 0.0;
    format!("{at}")
}

/// Seconds of a duration.
pub(super) fn seconds(time: Duration) -> f64 {
    time.as_secs_f64()
}

/// `word` with a capital letter.
pub(super) fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// A group's name with its mark, a disc or a diamond.
pub(super) fn group(group: Group) -> Markup {
    html! {
        span class=(group.name()) { span aria-hidden="true" { (mark(group)) } " " (group.name()) }
    }
}

/// The sign by which a group is told without its colour.
pub(super) const fn mark(group: Group) -> &'static str {
    match group {
        Group::Guarded => "●",
        Group::Bare => "◆",
    }
}

/// A verdict as mark and word.
pub(super) fn verdict(verdict: Verdict, [held, deviated, inconclusive]: [&str; 3]) -> Markup {
    let (class, mark, word) = match verdict {
        Verdict::Held => ("held", "✓", held),
        Verdict::Deviated => ("deviated", "✗", deviated),
        Verdict::Inconclusive => ("inconclusive", "?", inconclusive),
    };
    html! { span class={ "verdict " (class) } { span aria-hidden="true" { (mark) } " " (word) } }
}

/// A table in a box of its own, which scrolls where the page is too narrow for it.
pub(super) fn table(class: &str, caption: &Markup, content: &Markup) -> Markup {
    html! {
        div class="scroll" {
            table class=(class) { caption { (caption) } (content) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_just_below_the_whole_is_not_shown_as_the_whole() {
        assert_eq!(percent(0.999_9), "99.9 %");
        assert_eq!(percent(1.0), "100 %");
        assert_eq!(percent(0.817), "81.7 %");
        assert_eq!(percent(share(0, 0)), "0 %");
    }

    #[test]
    fn times_are_shown_in_the_unit_that_suits_them() {
        let shown: Vec<_> = [0.25, 4.779, 439.3, 1_000.0, 2_015.0].map(time).into();
        assert_eq!(shown, ["0.3 ms", "4.8 ms", "439 ms", "1 s", "2.02 s"]);
    }

    #[test]
    fn a_place_is_short() {
        assert_eq!([place(12.0), place(12.345), place(-0.01)], ["12", "12.3", "0"]);
    }
}
