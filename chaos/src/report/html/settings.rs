use maud::{Markup, html};
use serde_json::Value;

use super::text::{percent, seconds, table, time};
use crate::experiment::{Experiment, Pace};
use crate::report::{Report, Target};

/// What the run was made with, how to make it again, and what happened when.
pub(super) fn settings(report: &Report) -> Markup {
    html! {
        section aria-labelledby="settings" {
            h2 id="settings" { "The settings in force" }
            (rows("Limits of guarded", &limits(report)))
            (rows("The run", &run(report)))
            (phases(&report.settings))
            @if let Some(command) = command(report) {
                p { "The same orders at the same times again:" }
                pre { code { (command) } }
            }
        }
        (events(report))
    }
}

fn rows(caption: &str, rows: &[(String, String)]) -> Markup {
    let content = html! {
        tbody {
            @for (name, value) in rows { tr { th scope="row" { (name) } td { (value) } } }
        }
    };
    table("settings", &html! { (caption) }, &content)
}

fn limits(report: &Report) -> Vec<(String, String)> {
    let limits = report.limits.as_ref();
    let told = limits.and_then(|limits| match serde_json::to_value(limits) {
        Ok(Value::Object(told)) => Some(told),
        _ => None,
    });
    let names = told.into_iter().flatten().map(|(name, _)| name);
    let mut rows: Vec<_> = names
        .map(|name| {
            let value = limits.and_then(|limits| limits.text(&name));
            (name.replace('_', " "), value.unwrap_or_else(|| "off".to_owned()))
        })
        .collect();
    if rows.is_empty() {
        rows.push(("limits".to_owned(), "the service did not tell".to_owned()));
    }
    if !report.without.is_empty() {
        rows.push(("left out on request".to_owned(), report.without.join(", ")));
    }
    rows
}

fn run(report: &Report) -> Vec<(String, String)> {
    let Experiment {
        seed, rate, repeat_share, users, client_limit, max_in_flight, promise, ..
    } = &report.settings;
    let lag = report.generator.lag_p99_ms.map_or_else(|| "not measured".to_owned(), time);
    let environment = &report.environment;
    [
        ("target", report.target.to_string()),
        ("orders a second, to each", rate.to_string()),
        ("seed", seed.to_string()),
        ("sent a second time", format!("{} of the acknowledged orders", percent(*repeat_share))),
        ("customers", users.to_string()),
        ("the client waits at most", format!("{client_limit:?}")),
        ("most orders under way at once, to each", max_in_flight.to_string()),
        ("promised share served in time", percent(promise.ok_share)),
        ("in time means within", format!("{:?}", promise.within)),
        ("promised p99 of refusals", format!("{:?}", promise.refusal_p99)),
        ("promised end of refusals after a restart", format!("{:?}", promise.refusals_end)),
        ("lag of the load generator, p99", lag),
        ("lag above which nothing is judged", format!("{:?}", promise.generator_lag_p99)),
        (
            "machine",
            format!("{} cores, {}, {}", environment.cores, environment.os, environment.arch),
        ),
        ("tool", format!("{}, {} build", report.tool, environment.build)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

fn phases(experiment: &Experiment) -> Markup {
    let phases = experiment.phases.iter().zip(experiment.windows()).zip(1..);
    let content = html! {
        thead {
            tr {
                @for column in ["phase", "starts", "orders for", "pause", "fault"] {
                    th scope="col" { (column) }
                }
            }
        }
        tbody {
            @for ((phase, window), number) in phases {
                tr {
                    th scope="row" { (number) " " (phase.name) }
                    td { (seconds(window.start)) " s" }
                    td { (format!("{:?}", phase.load_for)) }
                    td { (format!("{:?}", phase.drain)) }
                    td {
                        @match &phase.fault {
                            Some(fault) => {
                                (fault.kind) " " code { (fault.settings.to_string()) }
                            }
                            None => "none",
                        }
                    }
                }
            }
        }
    };
    table("settings", &html! { "The phases" }, &content)
}

/// The command that makes this run again, if it was one of the demo's.
///
/// The name of a layer or of a project that could mean something to a shell was not made by
/// this tool.
fn command(report: &Report) -> Option<String> {
    let Experiment { seed, rate, .. } = report.settings;
    let pace = [Pace::Full, Pace::Quick]
        .into_iter()
        .find(|pace| Experiment::demo(*pace, rate, seed) == report.settings)?;
    let plain = |name: &String| name.chars().all(|c| c.is_ascii_lowercase());
    if !report.without.iter().all(plain) {
        return None;
    }
    let quick = if pace == Pace::Quick { " --quick" } else { "" };
    let without = match report.without.as_slice() {
        [] => String::new(),
        names => format!(" --without {}", names.join(",")),
    };
    let target = match &report.target {
        Target::Local => String::new(),
        Target::Compose { project, .. } if project.chars().all(is_of_a_project) => {
            format!(" --compose --project {project}")
        }
        Target::Compose { .. } => return None,
    };
    Some(format!("chaos demo --seed {seed} --rate {rate}{quick}{target}{without}"))
}

/// Compose allows these in the name of a project, and a shell takes them as they are.
const fn is_of_a_project(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

fn events(report: &Report) -> Markup {
    let content = html! {
        thead { tr { th scope="col" class="number" { "second" } th scope="col" { "event" } } }
        tbody {
            @for event in &report.events {
                tr { td class="number" { (format!("{:.2}", event.at)) } td { (event.what) } }
            }
        }
    };
    html! {
        section aria-labelledby="events" {
            h2 id="events" { "What happened when" }
            p {
                "The breaker is looked at five times a second, so a shorter state can be missed; \
                 what it refused is counted in full."
            }
            (table("settings", &html! { "Faults and the breaker's states" }, &content))
        }
    }
}
