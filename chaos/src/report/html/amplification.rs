use maud::{Markup, html};

use super::scale::Scale;
use super::text::{group, place, table};
use crate::experiment::Group;
use crate::report::Report;

/// How many calls to the user service an order cost, phase by phase.
pub(super) fn amplification(report: &Report) -> Markup {
    let calls =
        |index: usize, group: Group| report.phases[index].groups.of(group).lookups_per_order;
    let all =
        (0..report.phases.len()).flat_map(|index| Group::ALL.map(|group| calls(index, group)));
    let scale = Scale::linear([0.0, all.flatten().fold(1.0, f64::max)], [0.0, 100.0]);
    let caption = html! { "Calls that reached the user service per order sent" };
    let content = html! {
        thead {
            tr {
                th scope="col" { "phase" }
                @for each in Group::ALL { th scope="col" { (group(each)) } }
            }
        }
        tbody {
            @for (index, phase) in report.phases.iter().enumerate() {
                tr {
                    th scope="row" { (index + 1) " " (phase.name) }
                    @for each in Group::ALL { td { (bar(calls(index, each), each, scale)) } }
                }
            }
        }
    };
    html! {
        section aria-labelledby="amplification" {
            h2 id="amplification" { "What asking again costs" }
            p {
                "Asking again rescues orders, but it also puts more load on a service that is \
                 already in trouble. A budget keeps it small: 1 means one call per order, 2 would \
                 mean twice the load. Below 1, calls were saved."
            }
            (table("bars", &caption, &content))
        }
    }
}

fn bar(calls: Option<f64>, each: Group, scale: Scale) -> Markup {
    html! {
        @match calls {
            Some(calls) => {
                span class="figure" { (format!("{calls:.2}")) }
                svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" {
                    rect class=(each.name()) width=(place(scale.at(calls))) height="10" {}
                }
            }
            None => span title="nothing was measured" { "–" },
        }
    }
}
