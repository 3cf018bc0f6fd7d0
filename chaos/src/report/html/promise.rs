use maud::{Markup, html};

use super::text::{group, table, verdict};
use crate::analysis::{Finding, Verdict};
use crate::experiment::{Group, PerGroup};
use crate::report::Report;

const WORDS: [&str; 3] = ["kept", "broken", "cannot be told"];

/// Each part of the promise, kept or not, and the check of the data.
pub(super) fn promise(report: &Report) -> Markup {
    let caption = html! { "Each part of the promise, and what was measured" };
    let content = html! {
        (head("promised"))
        @for (phase, parts) in parts(report) {
            tbody {
                tr { th scope="rowgroup" colspan="3" { (phase.unwrap_or("the whole run")) } }
                @for (promised, found) in parts {
                    tr {
                        th scope="row" { (promised) }
                        @for each in Group::ALL { td { (finding(*found.of(each))) } }
                    }
                }
            }
        }
    };
    html! {
        section aria-labelledby="promise" {
            h2 id="promise" { "The promise" }
            p {
                "Both are held against the same promise. Bare is expected to break it: that shows \
                 that the attack was real."
            }
            (table("promise", &caption, &content))
        }
        (data(report))
    }
}

fn head(first: &str) -> Markup {
    html! {
        thead {
            tr {
                th scope="col" { (first) }
                @for each in Group::ALL { th scope="col" { (group(each)) } }
            }
        }
    }
}

/// What was promised, and what was found of it in each group that has such a finding.
type Part<'a> = (&'a str, PerGroup<Option<&'a Finding>>);

/// The findings of both groups side by side, by phase in the order of the run.
fn parts(report: &Report) -> Vec<(Option<&str>, Vec<Part<'_>>)> {
    let mut phases: Vec<(Option<&str>, Vec<Part<'_>>)> = Vec::new();
    for group in Group::ALL {
        for finding in &report.verdicts.of(group).findings {
            let phase = finding.phase.as_deref();
            let at = phases.iter().position(|(name, _)| *name == phase).unwrap_or_else(|| {
                phases.push((phase, Vec::new()));
                phases.len() - 1
            });
            let parts = &mut phases[at].1;
            let at = parts.iter().position(|(promised, found)| {
                *promised == finding.promised && found.of(group).is_none()
            });
            let at = at.unwrap_or_else(|| {
                parts.push((&finding.promised, PerGroup::default()));
                parts.len() - 1
            });
            *parts[at].1.of_mut(group) = Some(finding);
        }
    }
    phases
}

fn finding(finding: Option<&Finding>) -> Markup {
    html! {
        @match finding {
            Some(finding) => { (verdict(finding.verdict, WORDS)) " " (finding.measured) }
            None => "not asked",
        }
    }
}

fn data(report: &Report) -> Markup {
    let rows = [
        ("acknowledged to the client", Group::ALL.map(|each| report.data.of(each).acknowledged)),
        ("of these, sent a second time", Group::ALL.map(|each| report.data.of(each).repeated)),
        ("stored in the database", Group::ALL.map(|each| report.data.of(each).stored)),
        (
            "with an outcome the client cannot know",
            Group::ALL.map(|each| report.data.of(each).unknown),
        ),
        ("of these, stored", Group::ALL.map(|each| report.data.of(each).unknown_stored)),
        ("lost, doubled or changed", Group::ALL.map(|each| report.data.of(each).violated)),
    ];
    let damaged =
        Group::ALL.into_iter().filter(|each| report.data.of(*each).verdict == Verdict::Deviated);
    let caption = html! { "Orders as answered, against orders as stored" };
    let words = ["intact", "damaged", "nothing to prove it by"];
    let content = html! {
        (head("orders"))
        tbody {
            @for (name, counts) in rows {
                tr { th scope="row" { (name) } @for count in counts { td { (count) } } }
            }
            tr {
                th scope="row" { "verdict" }
                @for each in Group::ALL { td { (verdict(report.data.of(each).verdict, words)) } }
            }
        }
    };
    html! {
        section aria-labelledby="data" {
            h2 id="data" { "The data check" }
            p {
                "After the run, every answer was compared with the databases. An acknowledged \
                 order must be there exactly once, even if it was sent twice; one that was \
                 refused must not."
            }
            (table("promise", &caption, &content))
            @for each in damaged {
                p { "The first violations of " (group(each)) ":" }
                ul {
                    @for violation in &report.data.of(each).violations {
                        li { (violation.to_string()) }
                    }
                }
            }
        }
    }
}
