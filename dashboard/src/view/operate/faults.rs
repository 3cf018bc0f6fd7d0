//! What there is to say of all flags of a service, and of what was done to one.

use maud::{Markup, html};
use resilience::wire::{FlagState, FlagStatus, FlagsState};

use super::{
    flag::{OPERATOR, standing},
    told::{answers, carried_out, refused},
};
use crate::model::{Flagged, Refusal};

/// How a service is, as a region: without figures, so that it is read out when something happens.
pub(crate) fn faults_region(
    number: usize,
    who: &str,
    seen: Result<&Flagged, &Refusal>,
) -> (String, Markup) {
    let html = match seen {
        Err(refusal) => refused(who, refusal),
        Ok(flagged) => html! {
            (answers(who, &summary(flagged.flags.as_ref()), flagged.operated.deaf.as_ref()))
            @for source in flagged.flags.iter().flat_map(|flags| &flags.sources) {
                @if let Some(mistake) = &source.mistake {
                    p class="said failed" {
                        span class="sign" aria-hidden="true" { "✗" } " "
                        span {
                            strong { "The source " (source.source) " is wrong." } " " (mistake)
                            ". What it said before counts on."
                        }
                    }
                }
            }
        },
    };
    (format!("standing-{number}"), html)
}

/// The flags that have armed something.
fn summary(flags: Option<&FlagsState>) -> String {
    let Some(flags) = flags else { return "It takes no flags.".to_owned() };
    let armed = flags.flags.iter().filter(|flag| flag.status == FlagStatus::Armed);
    let armed: Vec<_> = armed.map(|flag| flag.name.as_str()).collect();
    if !armed.is_empty() {
        format!("Armed by flag: {}.", armed.join(", "))
    } else if flags.flags.is_empty() {
        "It has no flags.".to_owned()
    } else {
        "No flag has a fault armed.".to_owned()
    }
}

/// Why there is no form, or what is not shown, as a region.
pub(crate) fn about_region(number: usize, flagged: &Flagged, shown: usize) -> (String, Markup) {
    let further = flagged.flags.as_ref().map_or(0, |flags| flags.flags.len().saturating_sub(shown));
    let html = html! {
        @if flagged.flags.is_none() {
            p class="empty" { "It does not answer " code { "/flags" } ", so none can be set." }
        } @else if flagged.switches().is_empty() {
            p class="empty" { "It has no fault switch, so there is nothing to arm." }
        }
        @if further > 0 {
            p class="quiet" { (further) " more flags are not shown on this page." }
        }
    };
    (format!("about-{number}"), html)
}

/// That `what` was done to the flag `name`, and how it stands since.
pub(crate) fn flag_done(what: &str, name: &str, flags: &FlagsState) -> Markup {
    carried_out(what, &stands(name, flags))
}

fn stands(name: &str, flags: &FlagsState) -> String {
    let counts = |flag: &&FlagState| flag.name == name && flag.status != FlagStatus::Overruled;
    match flags.flags.iter().find(counts) {
        None => format!("There is no flag {name}."),
        Some(flag) => {
            let (_, _, word) = standing(flag.status);
            let of = if flag.source == OPERATOR {
                String::new()
            } else {
                format!(" of {}", flag.source)
            };
            match flag.status {
                FlagStatus::NoPolicy => {
                    format!("{name}{of} is on, and no fault switch is called {}.", flag.flag.policy)
                }
                _ => format!("{name}{of} is {word}."),
            }
        }
    }
}
