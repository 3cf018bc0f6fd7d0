//! The breakers of single keys: a list that is drawn when somebody asks for it.
//!
//! There may be thousands, so they are no part of what is told each second.

use maud::{Markup, html};
use resilience::wire::{KeyState, KeysState, PolicyState};

use super::{
    super::{switch::switch, text::lasting, words},
    flag::escaped,
    forms::result,
    told::{carried_out, spaced},
};

/// The moves of the breaker of one key: command, what the button says, what it does.
const MOVES: [(&str, &str, &str); 4] = [
    ("force_open", "Force open", "refuses its calls until the next move"),
    ("close", "Close", "lets its calls pass and counts them"),
    ("disable", "Disable", "lets its calls pass and counts none"),
    ("reset", "Reset", "closes it and forgets what it counted"),
];

/// A policy with a breaker for each key, as it is named on the page and asked through it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keyed<'a> {
    /// The service's place in the page.
    number: usize,
    service: &'a str,
    /// The number of the policy.
    policy: u64,
}

impl<'a> Keyed<'a> {
    /// The policy of the service with this number and name.
    pub(crate) const fn new(number: usize, service: &'a str, policy: u64) -> Self {
        Self { number, service, policy }
    }

    fn id(&self, part: &str) -> String {
        format!("{part}-{}-{}", self.number, self.policy)
    }

    fn to(&self, what: &str) -> String {
        format!("/policies/{}/{}/{what}", self.service, self.policy)
    }

    /// The button that asks for the list, and the place for it.
    pub(super) fn forms(&self) -> Markup {
        html! {
            form class="moves" data-to=(self.to("keys")) novalidate {
                div class="buttons" {
                    button type="submit" title="lists its keys as they are at that moment" { "List keys" }
                }
                (result(Some(&self.id("keys-said"))))
            }
            // What replaces the button that was pressed has the focus.
            div id=(self.id("keys")) role="group" aria-label="Its keys" tabindex="-1" data-region {}
        }
    }

    /// A page of the list, those after `after`, as a region.
    pub(crate) fn page(&self, after: &str, page: &KeysState) -> (String, Markup) {
        let html = html! {
            ul class="keys" {
                @for key in &page.keys { li { (self.key(after, key)) } }
            }
            @if let Some(next) = &page.next {
                form class="moves" data-to=(self.to("keys")) novalidate {
                    input type="hidden" name="after" value=(next);
                    div class="buttons" {
                        button type="submit" data-told=(self.id("keys-said")) { "Next keys" }
                    }
                }
            }
        };
        (self.id("keys"), html)
    }

    /// What each of these keys looks like, as regions.
    pub(crate) fn states(&self, page: &KeysState) -> Vec<(String, Markup)> {
        page.keys.iter().map(|key| (self.id_of(key), state(&key.breaker))).collect()
    }

    fn id_of(&self, key: &KeyState) -> String {
        format!("{}-{}", self.id("key"), escaped(&key.id))
    }

    fn key(&self, after: &str, key: &KeyState) -> Markup {
        html! {
            h4 { code { (key.key) } }
            div id=(self.id_of(key)) data-region { (state(&key.breaker)) }
            form class="moves" data-to=(self.to("key")) novalidate {
                input type="hidden" name="key" value=(key.id);
                input type="hidden" name="after" value=(after);
                div class="buttons" {
                    @for (command, name, does) in MOVES {
                        button type="submit" name="command" value=(command) title=(does)
                            aria-label={ (name) " " (key.key) } { (name) }
                    }
                }
                (result(None))
            }
        }
    }
}

/// What there is in a page of keys.
pub(crate) fn listed(page: &KeysState) -> Markup {
    let keys = page.keys.len();
    let more = if page.next.is_some() { ", and there are more" } else { "" };
    let what = match keys {
        0 => "No key here has a breaker of its own.".to_owned(),
        1 => format!("1 key{more}, as it was when it was asked for."),
        _ => format!("{keys} keys{more}, as they were when they were asked for."),
    };
    html! { p class="quiet" { (what) } }
}

/// That the breaker of the key with this id has done what it was told, with the keys as they are since,
/// if they could be read.
pub(crate) fn key_done(command: &str, id: &str, page: Option<&KeysState>) -> Markup {
    let found = page.map(|page| page.keys.iter().find(|key| key.id == id).map(|key| &key.breaker));
    let since = match found {
        Some(Some(PolicyState::CircuitBreaker(breaker))) => {
            format!("It is {}.", words::state(breaker.state))
        }
        Some(_) => "It is not in this page of the list any more.".to_owned(),
        None => "How it is since could not be read.".to_owned(),
    };
    carried_out(&spaced(command), &since)
}

fn state(breaker: &PolicyState) -> Markup {
    let PolicyState::CircuitBreaker(breaker) = breaker else {
        return html! { p class="empty" { "The service is newer than this page, or older." } };
    };
    html! {
        p class="stands" {
            (switch(breaker.state)) " "
            strong class={ "state " (words::state(breaker.state)) } { (words::state(breaker.state)) }
            " for " (lasting(breaker.in_state_for.as_secs_f64()))
            ", " (breaker.failed) " of " (breaker.calls) " calls failed, " (breaker.refused) " refused"
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(next: Option<&str>) -> KeysState {
        let breaker = json!({
            "kind": "circuit_breaker", "policy": "hosts", "state": "open", "in_state_for": "9s",
            "time_left": null, "calls": 34, "failed": 12, "slow": 1, "refused": 5,
            "failures_in_a_row": 3, "free_probes": 2, "transitions": [], "thresholds": [],
        });
        let keys = json!([{ "key": "a<b>:80", "id": "ta<b>:80", "breaker": breaker }]);
        serde_json::from_value(json!({ "keys": keys, "next": next })).unwrap()
    }

    #[test]
    fn a_key_is_shown_with_its_state_and_what_it_can_be_told() {
        let keyed = Keyed::new(1, "order", 8);
        let (id, html) = keyed.page("", &page(None));
        let html = html.into_string();
        assert_eq!(id, "keys-1-8");
        for part in [
            "<code>a&lt;b&gt;:80</code>",
            "12 of 34 calls failed, 5 refused",
            "data-to=\"/policies/order/8/key\"",
            "name=\"key\" value=\"ta&lt;b&gt;:80\"",
            "value=\"force_open\"",
        ] {
            assert!(html.contains(part), "no {part} in {html}");
        }
        assert!(!html.contains("Next keys"), "it is the last page");
        let [(state, _)] = &keyed.states(&page(None))[..] else { panic!("one key") };
        assert!(html.contains(&format!("id=\"{state}\"")), "{state} is no element of {html}");
    }

    #[test]
    fn a_page_with_more_behind_it_leads_there() {
        let html = Keyed::new(1, "order", 8).page("n1", &page(Some("n\"7"))).1.into_string();
        assert!(html.contains("name=\"after\" value=\"n&quot;7\"") && html.contains("Next keys"));
        assert!(html.contains("name=\"after\" value=\"n1\""), "a command shows this page again");
        assert!(listed(&page(Some("n7"))).into_string().contains("1 key, and there are more"));
        let none = KeysState::default();
        assert!(listed(&none).into_string().contains("No key here has a breaker of its own."));
    }

    #[test]
    fn what_a_command_came_to_is_told_also_of_a_key_that_is_not_shown_any_more() {
        let page = page(None);
        let told = |id, page| key_done("force_open", id, page).into_string();
        assert!(told("ta<b>:80", Some(&page)).contains("Done: force open.</strong> It is open."));
        assert!(told("n1", Some(&page)).contains("It is not in this page of the list any more."));
        assert!(told("n1", None).contains("How it is since could not be read."));
    }
}
