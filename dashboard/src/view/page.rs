//! The frame of the page.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{
    glossary::glossary,
    nav::{Here, nav},
    regions::Regions,
    switch::shapes,
};

/// What the page needs to know beside its regions.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Tells one build of the dashboard from another.
    pub build: &'a str,
    /// The services that are watched.
    pub services: usize,
    /// Whether a guarded and a bare service are among them.
    pub compares: bool,
    /// Whether there is a page for operators.
    pub operates: bool,
    /// The number of the tick that drew the regions.
    pub tick: u64,
}

/// The page with its regions filled in.
pub fn page(frame: Frame<'_>, regions: &Regions) -> String {
    let Frame { build, services, compares, operates, tick } = frame;
    html! {
        (DOCTYPE)
        html lang="en" data-build=(build) data-tick=(tick) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (regions.title) }
                link rel="icon" href={ "/assets/" (build) "/icon.svg" };
                link rel="stylesheet" href={ "/assets/" (build) "/style.css" };
                script src={ "/assets/" (build) "/script.js" } defer {}
                // Without the script the page is loaded anew instead.
                noscript { meta http-equiv="refresh" content="5"; }
            }
            body {
                a class="skip" href="#main" { "Skip to the figures" }
                (patterns())
                @if operates { (nav(Here::Live)) }
                (header(compares))
                main id="main" tabindex="-1" { (content(services, regions)) }
                (footer())
            }
        }
    }
    .into_string()
}

fn header(compares: bool) -> Markup {
    html! {
        header {
            div {
                @if compares {
                    h1 { "Guarded beside bare, live" }
                    p class="quiet" {
                        "Two copies of one order service get the same orders and ask the same user \
                         service. One is guarded by a circuit breaker, retries and time limits; the \
                         other is bare."
                    }
                } @else {
                    h1 { "The services, live" }
                    p class="quiet" {
                        "Who calls whom and how that goes, what protects the calls, and why it does \
                         what it does."
                    }
                }
            }
            div class="link" {
                p id="link" data-state="still" {
                    span class="sign" aria-hidden="true" {} span id="link-words" { "as it was when you came" }
                }
                button id="pause" type="button" aria-pressed="false" hidden { "Pause" }
            }
            p id="announcement" class="spoken" role="status" {}
        }
    }
}

fn content(services: usize, regions: &Regions) -> Markup {
    html! {
        section class="now" aria-labelledby="now" {
            h2 id="now" class="spoken" { "Right now" }
            (region("headline", regions))
        }
        section aria-labelledby="who" {
            h2 id="who" { "Who calls whom" }
            p class="lead" {
                "Calls of this moment. Asking again is a call of its own, so more may leave a \
                 service than come in."
            }
            (region("map", regions))
        }
        section aria-labelledby="plots" {
            h2 id="plots" { "The last three minutes" }
            p class="lead" {
                "The same trouble, and what it does to each. Times share one axis; so do the calls \
                 of guarded and bare."
            }
            (key())
            div class="cards" {
                @for number in 0..services {
                    article class="card" {
                        (region(&format!("card-{number}"), regions))
                        (region(&format!("plot-{number}"), regions))
                    }
                }
            }
        }
        section aria-labelledby="policies" {
            h2 id="policies" { "What protects the calls" }
            p class="lead" {
                "A breaker stops calls that would fail anyway, a budget keeps retries few, and \
                 limits end what takes too long."
            }
            @for number in 0..services {
                article class="guards" {
                    div {
                        // Scrolls by itself when there are many, and stays where it was scrolled to.
                        div class="scroll" role="group" aria-label="Circuit breakers" { (region(&format!("breakers-{number}"), regions)) }
                        (region(&format!("limits-{number}"), regions))
                    }
                    (region(&format!("changes-{number}"), regions))
                }
            }
        }
        section aria-labelledby="events-title" {
            h2 id="events-title" { "What happened" }
            (region("events", regions))
        }
        section aria-labelledby="words" {
            h2 id="words" { "What the words mean" }
            (glossary())
        }
    }
}

fn region(id: &str, regions: &Regions) -> Markup {
    let content = regions.html.get(id).map_or("", String::as_str);
    html! { div id=(id) data-region { (PreEscaped(content)) } }
}

/// What the signs in the plots mean.
fn key() -> Markup {
    let signs: [(&str, Markup); 7] = [
        ("failed", html! { path class="failed" d="M1 3h26v10h-26z" {} }),
        (
            "refused at once",
            html! {
                path class="refused" fill="url(#stripes-refused)" d="M1 3h26v10h-26z" {}
            },
        ),
        ("p99", html! { path class="line other" d="M1 8h26" {} }),
        ("p50", html! { path class="line thin other" d="M1 8h26" {} }),
        ("a fault is armed", html! { rect class="shade" x="1" y="1" width="26" height="14" {} }),
        (
            "does not answer",
            html! { rect class="away" x="1" y="1" width="26" height="14" fill="url(#stripes-away)" {} },
        ),
        (
            "breaker open, half-open",
            html! {
                rect class="breaker open" x="1" y="1" width="12" height="14" {}
                rect class="breaker half-open" x="14" y="7" width="12" height="8"
                    fill="url(#stripes-half-open)" {}
            },
        ),
    ];
    html! {
        p class="keys" {
            @for (words, drawing) in signs {
                span {
                    svg class="key" viewBox="0 0 28 16" width="28" height="16" aria-hidden="true" {
                        (drawing)
                    }
                    " " (words)
                }
            }
        }
    }
}

/// The stripes by which areas differ that colour alone would not tell apart.
fn patterns() -> Markup {
    html! {
        svg class="patterns" width="0" height="0" aria-hidden="true" {
            defs {
                (shapes())
                @for name in ["away", "half-open", "refused"] {
                    pattern id={ "stripes-" (name) } width="5" height="5"
                        patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                        rect class={ "stripe " (name) } width="2" height="5" {}
                    }
                }
            }
        }
    }
}

fn footer() -> Markup {
    html! {
        footer {
            p class="quiet" {
                "The same as JSON: " a href="/state" { "/state" } ". The breaker and its company: "
                code { "tower-bulwark" } "."
            }
        }
    }
}
