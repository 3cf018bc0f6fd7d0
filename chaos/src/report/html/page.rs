use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::amplification::amplification;
use super::breaker;
use super::figure::Figure;
use super::latency::latency;
use super::legend::legend;
use super::orders::orders;
use super::outcomes::outcomes;
use super::promise::promise;
use super::settings::settings;
use super::story::story;
use super::text::{group, verdict};
use crate::experiment::Group;
use crate::report::Report;

/// The rules of how the page looks. Part of this program, and so written as it is.
const STYLE: PreEscaped<&str> = PreEscaped(include_str!("style.css"));

/// Nothing may be loaded or run, whatever should get into the page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// The report as a page of its own, complete in itself.
#[must_use]
pub fn render(report: &Report) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(report))
            body {
                (patterns())
                main {
                    (opening(report))
                    (legend(report))
                    (orders(report))
                    (figures(report))
                    (amplification(report))
                    (promise(report))
                    (settings(report))
                }
            }
        }
    }
    .into_string()
}

fn head(report: &Report) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta http-equiv="Content-Security-Policy" content=(POLICY);
            // Keeps a browser from asking the server for one.
            link rel="icon" href="data:,";
            title { "Chaos report: guarded " (report.verdict()) }
            style { (STYLE) }
        }
    }
}

fn opening(report: &Report) -> Markup {
    let words = ["held", "deviated", "inconclusive"];
    html! {
        header {
            h1 { "What the attack did" }
            p class="quiet" {
                (report.started_at.strftime("%Y-%m-%d %H:%M:%S UTC"))
                ", seed " (report.settings.seed)
            }
            p class="verdicts" {
                @for each in Group::ALL {
                    span class="standing" {
                        (group(each)) " " (verdict(report.verdicts.of(each).verdict, words))
                    }
                }
            }
            @for sentence in story(report) { p class="story" { (sentence) } }
        }
    }
}

fn figures(report: &Report) -> Markup {
    let figure = Figure::of(report);
    html! {
        section aria-labelledby="figures" {
            h2 id="figures" { "Second by second" }
            p {
                "Shaded stretches are those in which something is broken on purpose. The lane \
                 below each plot shows the circuit breaker of guarded: a thin line is closed, a \
                 full bar open, a half-high striped bar half-open. "
                (breaker::sentence(figure.breaker()))
            }
            (latency(&figure, report))
            (outcomes(&figure, report))
        }
    }
}

/// The stripes by which areas differ that colour alone would not tell apart.
fn patterns() -> Markup {
    html! {
        svg class="patterns" width="0" height="0" aria-hidden="true" {
            defs {
                @for name in ["refused", "half-open"] {
                    pattern id={ "stripes-" (name) } width="5" height="5"
                        patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                        rect class={ "stripe " (name) } width="2.5" height="5" {}
                    }
                }
            }
        }
    }
}
