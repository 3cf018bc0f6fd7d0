//! The ways from one page to another.

use maud::{Markup, html};

/// A page of the dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Here {
    Live,
    Policies,
    Faults,
}

/// The pages, in the order in which they are offered.
const PAGES: [(Here, &str, &str); 3] = [
    (Here::Live, "/", "Live"),
    (Here::Policies, "/policies", "Policies"),
    (Here::Faults, "/faults", "Faults"),
];

/// The ways to all pages from the one that this is.
pub(super) fn nav(here: Here) -> Markup {
    html! {
        nav class="pages" aria-label="Pages" {
            @for (page, path, name) in PAGES {
                a href=(path) aria-current=[(page == here).then_some("page")] { (name) }
            }
        }
    }
}
