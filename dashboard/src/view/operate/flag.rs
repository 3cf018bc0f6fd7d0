//! One flag, with its state and the forms that switch it.

use maud::{Markup, html};
use resilience::wire::{FlagState, FlagStatus};

use super::{
    super::{text::left, words},
    forms::result,
    piece::Piece,
};

/// The source of what an operator has set.
pub(super) const OPERATOR: &str = "admin";

/// The switches of a flag: command, what the button says, what it does.
const SWITCHES: [(&str, &str, &str); 2] = [
    ("switch_on", "Switch on", "arms its fault, over what a source says"),
    ("switch_off", "Switch off", "disarms its fault, over what a source says"),
];

/// One flag of a service, as one of its sources says it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FlagArticle<'a> {
    /// The service's place in the page.
    number: usize,
    service: &'a str,
    flag: &'a FlagState,
}

impl<'a> FlagArticle<'a> {
    /// The flag of the service with this number and name.
    pub(crate) const fn new(number: usize, service: &'a str, flag: &'a FlagState) -> Self {
        Self { number, service, flag }
    }

    fn state(&self) -> (String, Markup) {
        (format!("{}-state", self.id()), state(self.flag))
    }

    /// The form whose buttons switch the flag.
    fn form(&self) -> Markup {
        html! {
            form class="moves" data-to={ "/faults/" (self.service) } novalidate {
                input type="hidden" name="name" value=(self.flag.name);
                input type="hidden" name="source" value=(self.flag.source);
                div class="buttons" {
                    @for (command, name, does) in SWITCHES {
                        button type="submit" name="command" value=(command) title=(does) { (name) }
                    }
                    @if self.flag.source == OPERATOR {
                        // The article goes with the flag, and what is told in it would too.
                        button type="submit" name="command" value="take_back"
                            data-told={ "result-" (self.number) }
                            title="has other sources count again" { "Take back" }
                    }
                }
                (result(None))
            }
        }
    }
}

impl Piece for FlagArticle<'_> {
    fn id(&self) -> String {
        let FlagState { name, source, .. } = self.flag;
        format!("flag-{}-{}-{}", self.number, escaped(name), escaped(source))
    }

    fn regions(&self) -> Vec<(String, Markup)> {
        vec![self.state()]
    }

    fn whole(&self) -> Markup {
        let (id, (state_id, state)) = (self.id(), self.state());
        html! {
            article class="policy flag" id=(id) aria-labelledby={ (id) "-title" } {
                h3 id={ (id) "-title" } {
                    code { (self.flag.name) } " " span class="quiet" { "of " (self.flag.source) }
                }
                div id=(state_id) data-region { (state) }
                (self.form())
            }
        }
    }
}

/// A text as a part of an id: others may hold what an id may not.
pub(super) fn escaped(text: &str) -> String {
    let escaped = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        other => format!("_{other:02x}"),
    };
    text.bytes().map(escaped).collect()
}

fn state(state: &FlagState) -> Markup {
    let FlagState { flag, status, .. } = state;
    let (class, sign, word) = standing(*status);
    html! {
        p class="stands" {
            strong class={ "standing " (class) } { span aria-hidden="true" { (sign) } " " (word) }
            @if *status == FlagStatus::Armed {
                " " span { (left(state.time_left.as_secs_f64())) " left" }
            }
        }
        p { (words::fault(&flag.plan, &flag.policy)) "." }
        p class="quiet" {
            "In the fault switch " code { (flag.policy) } ", for "
            (humantime::format_duration(flag.plan.expires_in)) " at most. "
            @if matches!(status, FlagStatus::Armed | FlagStatus::Ended) { (hit(state.injected)) }
        }
        @if let Some(meaning) = meaning(*status) { p { (meaning) } }
    }
}

fn hit(injected: u64) -> String {
    let calls = if injected == 1 { "call was" } else { "calls were" };
    format!("{injected} {calls} hit since it was switched on.")
}

/// The sign and the word for how a flag stands, with the class that colours it.
pub(super) const fn standing(status: FlagStatus) -> (&'static str, &'static str, &'static str) {
    match status {
        FlagStatus::Off => ("held", "○", "off"),
        FlagStatus::Armed => ("failed", "▲", "armed"),
        FlagStatus::Ended => ("ended", "■", "ended"),
        FlagStatus::NoPolicy => ("warned", "!", "no policy"),
        FlagStatus::Overruled => ("overruled", "◇", "overruled"),
        _ => ("unknown", "?", "unknown"),
    }
}

/// What a state means, where its word does not say it.
const fn meaning(status: FlagStatus) -> Option<&'static str> {
    match status {
        FlagStatus::Ended => Some("It is on, and hits nothing until it is switched on again."),
        FlagStatus::NoPolicy => Some("It is on, and no fault switch has that name."),
        FlagStatus::Overruled => Some("Another source has a flag of that name, which counts."),
        _ => None,
    }
}
