//! A breaker as what it is: a switch in the line between two services.

use maud::{Markup, html};
use resilience::wire::CircuitState;

use super::words;

/// Each state with the way of its lever: onto the other contact, far from it, or half-way.
const SHAPES: [(&str, &str); 3] =
    [("closed", "M10 19H46"), ("open", "M10 19 38 4"), ("half-open", "M10 19 43 11")];

/// The shapes of all states; they are drawn once in a page, and then only referred to.
pub(super) fn shapes() -> Markup {
    html! {
        @for (name, lever) in SHAPES {
            symbol id={ "switch-" (name) } viewBox="0 0 56 26" {
                path class="lead" d="M0 19H10M46 19H56" {}
                path class={ "lever " (name) } d=(lever) {}
                circle class="contact" cx="10" cy="19" r="3.5" {}
                circle class="contact" cx="46" cy="19" r="3.5" {}
            }
        }
    }
}

/// The switch in a state. It stands beside the word for it, and so has no name of its own.
pub(super) fn switch(state: CircuitState) -> Markup {
    let name = words::state(words::passage(state));
    html! {
        svg class={ "switch " (name) } width="56" height="26" aria-hidden="true" {
            use href={ "#switch-" (name) } {}
        }
    }
}
